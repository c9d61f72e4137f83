"""What the tests share that run the built tool: its first argument."""
import json
import os
import select
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

TOOL = os.path.abspath(sys.argv[1])
PATIENCE = 60  # seconds for what takes milliseconds on an idle machine
SECRET = "s3cret-for-tests-only"


def environment(**more):
    """The environment without anything of the tool's, nor configuration files of whoever runs the tests, and then `more`."""
    others = ("NO_COLOR", "HTTPS_PROXY", "NO_PROXY", "https_proxy", "no_proxy")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("GETTY_CONNECT_") and k not in others}
    return {**kept, "GETTY_CONNECT_NO_CONFIG": "1", **more}


def credentials():
    return {"GETTY_CONNECT_KEY": "test-key", "GETTY_CONNECT_SECRET": SECRET}


def read_line(stream):
    """One line of a pipe, or a failed test when none comes."""
    ready, _, _ = select.select([stream], [], [], PATIENCE)
    if not ready:
        raise AssertionError("no line came")
    return stream.readline()


def read_until(stream, text):
    """What an unbuffered pipe gives, up to the end of the line that holds `text`."""
    data = b""
    while text not in data or not data.endswith(b"\n"):
        ready, _, _ = select.select([stream], [], [], PATIENCE)
        more = os.read(stream.fileno(), 4096) if ready else b""
        if not more:
            raise AssertionError("it ended with %r" % data)
        data += more
    return data.decode()


def wait_for(condition):
    """Polls until the condition holds; returns what it gave."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        select.select([], [], [], 0.01)
    raise AssertionError("it never happened")


def ids(first, count):
    """Ids of images that the sandbox has: those that end in 404 or name a fault are left out."""
    found, number = [], first
    while len(found) < count:
        if number % 1000 != 404:
            found.append(str(number))
        number += 1
    return found


def lines_of(data):
    """The JSON objects of whole lines; fails for anything else."""
    if data and not data.endswith(b"\n"):
        raise AssertionError("the last line is cut: %r" % data[-80:])
    return [json.loads(line) for line in data.splitlines()]


class Sandbox:
    """A running `getty-connect serve`."""

    def __init__(self, *flags, **variables):
        self.folder = tempfile.TemporaryDirectory()
        self.ca = os.path.join(self.folder.name, "ca.pem")
        self.process = subprocess.Popen(
            [TOOL, "serve", "--ca-file", self.ca, *flags],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment(**(variables or credentials())))
        self.base_url = read_line(self.process.stdout).strip()
        if not self.base_url:
            raise AssertionError("the sandbox does not start: " + self.close()[1])

    def flags(self):
        return ["--base-url", self.base_url, "--cacert", self.ca]

    def counters(self):
        return json.loads(self.get(self.base_url[: -len("/api")] + "/admin/counters"))

    def get(self, url, data=None):
        trust = ssl.create_default_context(cafile=self.ca)
        with urllib.request.urlopen(url, data, timeout=PATIENCE, context=trust) as answer:
            return answer.read()

    def close(self):
        if self.process.poll() is None:
            self.process.terminate()
        out, err = self.process.communicate(timeout=PATIENCE)
        self.folder.cleanup()
        return out, err


class ToolTest(unittest.TestCase):
    serve_flags = ()

    @classmethod
    def setUpClass(cls):
        cls.sandbox = Sandbox(*cls.serve_flags)

    @classmethod
    def tearDownClass(cls):
        cls.sandbox.close()

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def start(self, *words, **more):
        more.setdefault("env", environment(**credentials()))
        process = subprocess.Popen([TOOL, *words], **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                                                      "stderr": subprocess.PIPE, **more})
        self.addCleanup(self.end, process)
        return process

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream and not stream.closed:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass
        process.wait()

    def run_tool(self, *words, input=None, **more):
        more.setdefault("env", environment(**credentials()))
        if input is None:
            more.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.run([TOOL, *words], input=input, stdout=more.pop("stdout", subprocess.PIPE),
                              stderr=subprocess.PIPE, timeout=PATIENCE, **more)

    def fetch(self, *words, **more):
        return self.run_tool("fetch", *words, *self.sandbox.flags(), **more)
