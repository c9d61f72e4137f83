#!/usr/bin/env python3
"""Load on the gateway among the examples while the faults of its service take turns.

wrk keeps it busy; beside it callers of our own look at every answer. No answer may be another image's, what waits stays within
its bound, and descriptors and memory do not grow.

Usage: gateway_soak.py TOOL GATEWAY SECONDS
"""
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "integration"))
from tool_support import Sandbox, credentials, environment, read_line  # noqa: E402

GATEWAY = os.path.abspath(sys.argv[2])
SECONDS = float(sys.argv[3])
MAX_LOOKUPS = 64
EACH = 3  # seconds that a trouble lasts
TROUBLES = [
    [], ["status-503:rate=0.2"], ["slow-start:rate=0.3,wait=300ms"], ["reset:rate=0.05"], ["close:rate=0.05,at=half"],
    ["surplus:rate=0.1"], ["wrong-image:rate=0.1"], ["drip:rate=0.05,bytes=64"], ["status-429:every=500,retry-after=1"],
    ["chunked:rate=0.5"], ["token-expired:every=300"], ["json-truncated:rate=0.1"], ["slow-start:wait=1s"],
    ["length-short:rate=0.1"], ["html:rate=0.1"], ["interim:rate=0.5,answers=2"],
]
# Few are known to the cache at a time, and several ask for one at a time.
IDS = [str(10_000_001 + 1_000 * n) for n in range(20_000)]
STATUSES = {200, 502, 503, 504}

WRK = """
local ids = 20000
request = function()
    return wrk.format("GET", "/images/" .. tostring(10000001 + 1000 * math.random(0, ids - 1)), {["X-Timeout-Ms"] = "800"})
end
"""


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def resident_kib(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))


class Caller(threading.Thread):
    """Asks for one id after the other and looks at the answers."""

    def __init__(self, port, until, seed):
        super().__init__()
        self.port, self.until, self.random = port, until, random.Random(seed)
        self.good, self.wrong, self.statuses, self.broken = 0, [], {}, 0

    def run(self):
        connection = None
        while time.monotonic() < self.until:
            wanted = self.random.choice(IDS)
            try:
                connection = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
                connection.request("GET", "/images/" + wanted, headers={"X-Timeout-Ms": "800"})
                answer = connection.getresponse()
                body = answer.read()
            except (OSError, http.client.HTTPException):
                self.broken += 1
                connection = None
                continue
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            if answer.status == 200:
                if json.loads(body)["ImageId"] == wanted:
                    self.good += 1
                else:
                    self.wrong.append((wanted, body[:80]))
            elif answer.status not in STATUSES:
                self.wrong.append((wanted, answer.status))


def main():
    sandbox = Sandbox()
    admin = sandbox.base_url[: -len("/api")] + "/admin/"
    gateway = subprocess.Popen(
        [GATEWAY, "--port", "0", "--base-url", sandbox.base_url, "--ca-file", sandbox.ca,
         "--max-lookups", str(MAX_LOOKUPS)],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=environment(**credentials()))
    port = int(read_line(gateway.stdout).strip().rsplit(":", 1)[1])

    def metrics():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
        connection.close()
        return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines if line[0] != "#")}

    until = time.monotonic() + SECONDS
    script = tempfile.NamedTemporaryFile("w", suffix=".lua")
    script.write(WRK)
    script.flush()
    load = subprocess.Popen(["wrk", "-t1", "-c100", f"-d{int(SECONDS)}s", "-s", script.name, f"http://127.0.0.1:{port}"],
                            stdout=subprocess.PIPE, text=True)
    callers = [Caller(port, until, seed) for seed in range(16)]
    for caller in callers:
        caller.start()
    most_waiting, most_memory, memories, turn = 0, 0, [], 0
    while time.monotonic() < until:
        sandbox.get(admin + "clear-faults", b"")
        for fault in TROUBLES[turn % len(TROUBLES)]:
            sandbox.get(admin + "faults?add=" + fault, b"")
        end = min(time.monotonic() + EACH, until)
        while time.monotonic() < end:
            most_waiting = max(most_waiting, metrics()["gateway_lookups_waiting"])
            time.sleep(0.1)
        memories.append(resident_kib(gateway.pid))
        turn += 1
    for caller in callers:
        caller.join()
    print(load.communicate()[0])
    sandbox.get(admin + "clear-faults", b"")
    time.sleep(2)
    after = metrics()
    left = descriptors(gateway.pid)
    gateway.send_signal(signal.SIGTERM)
    code = gateway.wait(30)
    sandbox.close()

    good = sum(c.good for c in callers)
    wrong = [w for c in callers for w in c.wrong]
    statuses = {}
    for c in callers:
        for status, count in c.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    print(f"{turn} troubles in turn; callers: {good} good, {statuses}, {sum(c.broken for c in callers)} broken connections, "
          f"{len(wrong)} wrong {wrong[:3]}")
    print(f"waiting: at most {most_waiting:.0f} of {MAX_LOOKUPS}; {after['gateway_shed_total']:.0f} sent away; merged "
          f"{after['getty_lookups_merged_total']:.0f}; memory KiB by trouble: {memories}; descriptors at the end: {left}")
    half = len(memories) // 2
    problems = []
    if wrong:
        problems.append("wrong answers")
    if not good:
        problems.append("no good answer")
    if most_waiting > MAX_LOOKUPS:
        problems.append("more waited than may")
    if after["gateway_lookups_waiting"] != 0 or after["gateway_callers"] > 1:
        problems.append(f"something is left: {after}")
    if half and max(memories[half:]) > 1.2 * max(memories[:half]):
        problems.append("memory grows")
    if left > 64 + 24:
        problems.append("descriptors are left")
    if code != 0:
        problems.append(f"exit code {code}")
    print("FAILED: " + ", ".join(problems) if problems else "passed")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
