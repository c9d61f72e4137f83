"""The origin of `./dev perf` as a service of its own."""
import os
import subprocess


class OriginService:
    """`words` go to `bench origin`, `before` before it (taskset)."""

    def __init__(self, program, folder, words=(), before=()):
        self.ca = os.path.join(folder, "ca.pem")
        self.process = subprocess.Popen([*before, program, "origin", *words], stdout=subprocess.PIPE,
                                        stdin=subprocess.DEVNULL, text=True)
        self.url = f"https://localhost:{self.process.stdout.readline().strip()}/api"
        with open(self.ca, "w", encoding="ascii") as file:
            for line in self.process.stdout:
                file.write(line)
                if "END CERTIFICATE" in line:
                    break

    def close(self):
        self.process.terminate()
        self.process.wait()
