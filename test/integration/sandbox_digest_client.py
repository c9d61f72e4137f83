"""A Digest client that shares no code with the library: hashlib and http.client (RFC 7616).

Usage: sandbox_digest_client.py SCENARIO PORT CA_FILE
Prints "ok" and exits 0 when the server behaves as the scenario wants, else fails with the assertion.
"""
import hashlib
import http.client
import json
import re
import ssl
import sys

HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}
TARGET = "/api/images/83454800?language=ja"


def parameters(text):
    return {name: quoted if quoted else bare.strip()
            for name, quoted, bare in re.findall(r'(\w+)=(?:"([^"]*)"|([^,]*))', text)}


class Client:
    def __init__(self, port, ca_file):
        context = ssl.create_default_context(cafile=ca_file)
        self.connection = http.client.HTTPSConnection("localhost", port, context=context, timeout=20)
        self.offers = []

    def request(self, authorization=None, method="GET", target=TARGET, body=None, headers=None):
        headers = dict(headers or {})
        if authorization:
            headers["Authorization"] = authorization
        self.connection.request(method, target, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        self.offers = [parameters(line) for line in answer.headers.get_all("WWW-Authenticate") or []]
        info = answer.headers.get("Authentication-Info")
        return answer.status, content, parameters(info) if info else {}

    def token(self):
        form = "application_key=sandbox-key&application_secret=sandbox-secret"
        status, content, _ = self.request(None, "POST", "/api/token", form,
                                          {"Content-Type": "application/x-www-form-urlencoded"})
        assert status == 200, status
        return json.loads(content)["token"]["ssl_token"]


class Session:
    """Signs with one offer; `user` and `password` may be wrong on purpose."""

    def __init__(self, offer, user, password, cnonce="0a4f113b"):
        self.offer, self.cnonce, self.nonce = offer, cnonce, offer["nonce"]
        name = offer["algorithm"]
        self.hash_name = HASHES[name.removesuffix("-sess")]
        self.user = user
        self.a1 = self.hex(f"{user}:{offer['realm']}:{password}")
        if name.endswith("-sess"):
            self.a1 = self.hex(f"{self.a1}:{self.nonce}:{cnonce}")
        self.userhash = offer.get("userhash") == "true"
        if self.userhash:
            self.user = self.hex(f"{user}:{offer['realm']}")

    def hex(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        return hashlib.new(self.hash_name, data).hexdigest()

    def respond(self, a2, nc, qop):
        return self.hex(f"{self.a1}:{self.nonce}:{nc:08x}:{self.cnonce}:{qop}:{self.hex(a2)}")

    def sign(self, nc, qop="auth", method="GET", target=TARGET, body=b""):
        a2 = f"{method}:{target}" + (f":{self.hex(body)}" if qop == "auth-int" else "")
        return (f'Digest username="{self.user}", realm="{self.offer["realm"]}", nonce="{self.nonce}", '
                f'uri="{target}", response="{self.respond(a2, nc, qop)}", algorithm={self.offer["algorithm"]}, '
                f'cnonce="{self.cnonce}", opaque="{self.offer["opaque"]}", qop={qop}, nc={nc:08x}'
                + (", userhash=true" if self.userhash else ""))

    def rspauth(self, nc, qop, body):
        return self.respond(f":{TARGET}" + (f":{self.hex(body)}" if qop == "auth-int" else ""), nc, qop)


def stale(client):
    return [offer.get("stale") == "true" for offer in client.offers]


def every_offer(client):
    """Each offered algorithm and qop lets in the right token and proves the server's knowledge of it."""
    token = client.token()
    status, _, _ = client.request()
    assert status == 401 and len(client.offers) == 6, (status, client.offers)
    offers = client.offers
    for offer in offers:
        for qop in offer["qop"].split(","):
            # a nonce of one's own for each, so that counts start again
            client.request()
            own = next(o for o in client.offers if o["algorithm"] == offer["algorithm"])
            session = Session(own, "sandbox-key", token)
            status, content, info = client.request(session.sign(1, qop))
            assert status == 200, (offer, qop, status, content)
            assert info["rspauth"] == session.rspauth(1, qop, content), (offer, qop, info)
            assert (info["qop"], info["nc"], info["cnonce"]) == (qop, "00000001", session.cnonce), info
            wrong = Session(own, "sandbox-key", token + "0")
            status, _, _ = client.request(wrong.sign(2, qop))
            assert status == 401 and not any(stale(client)), (offer, qop, status)


def window(client):
    """The server's window is 4 wide."""
    session_token = client.token()
    client.request()
    session = Session(client.offers[0], "sandbox-key", session_token)
    for nc, wanted in ((5, 200), (5, 401), (2, 200), (2, 401), (1, 401), (3, 200), (9, 200), (5, 401), (6, 200)):
        status, _, _ = client.request(session.sign(nc))
        assert status == wanted, (nc, status)
        if wanted == 401:
            assert all(stale(client)), (nc, client.offers)


def next_nonce(client):
    """Every third request of a nonce brings the next one, after which the old one is used up."""
    token = client.token()
    client.request()
    session = Session(client.offers[0], "sandbox-key", token)
    for _ in range(3):
        for nc in (1, 2, 3):
            status, _, info = client.request(session.sign(nc))
            assert status == 200 and ("nextnonce" in info) == (nc == 3), (nc, status, info)
        status, _, _ = client.request(session.sign(4))
        assert status == 401 and all(stale(client))
        session.nonce = info["nextnonce"]


def auth_int_body(client):
    """The token endpoint demands auth-int: the body is part of the signature."""
    form = b"application_key=sandbox-key"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    status, _, _ = client.request(None, "POST", "/api/token", form, headers)
    assert status == 401
    session = Session(client.offers[0], "sandbox-key", "sandbox-secret")
    signed = session.sign(1, "auth-int", "POST", "/api/token", form)
    status, _, _ = client.request(signed, "POST", "/api/token", form + b"&user_id=", headers)
    assert status == 401 and not any(stale(client)), status
    status, content, _ = client.request(signed, "POST", "/api/token", form, headers)
    assert status == 200, (status, content)
    token = json.loads(content)["token"]["ssl_token"]
    status, _, _ = client.request(f"Bearer {token}")
    assert status == 200, status


if __name__ == "__main__":
    scenario = {f.__name__: f for f in (every_offer, window, next_nonce, auth_int_body)}[sys.argv[1]]
    scenario(Client(int(sys.argv[2]), sys.argv[3]))
    print("ok")
