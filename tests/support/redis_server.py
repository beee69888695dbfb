"""A redis-server for the scripts of this folder, and how they wait and judge."""

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import time

PATIENCE = 20  # seconds: a bound for what should take far less


def expect(truth, what, about=None):
    if not truth:
        sys.exit(f"not so: {what}" + (f"\n{about}" if about else ""))


def until(condition, what, about=None):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        expect(time.monotonic() < deadline, what, about)
        time.sleep(0.01)  # between looks; nothing depends on how long it is


class Redis:
    """A server on a loopback port of its own; it can be stopped and started again there."""

    def __init__(self, *options, start=True):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.options = options
        self.folder = tempfile.TemporaryDirectory()
        self.process = None
        if start:
            self.start()

    def start(self):
        self.process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", self.folder.name, *self.options],
            stdout=subprocess.DEVNULL)
        until(self.answers, "redis-server accepts connections")

    def answers(self):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
            return True
        return False

    def stop(self):
        self.process.terminate()
        self.process.wait(PATIENCE)

    def url(self, password=""):
        credentials = f":{password}@" if password else ""
        return f"redis://{credentials}127.0.0.1:{self.port}/0?app=Chat"

    def cli(self, *words, **how):
        return subprocess.Popen(["redis-cli", "-p", str(self.port), *words],
                                stdout=subprocess.PIPE, text=True, **how)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.stop()
        self.folder.cleanup()

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def freeze(self):
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self.process.send_signal(signal.SIGCONT)

    def command(self, *words):
        return subprocess.run(["redis-cli", "-p", str(self.port), *words], check=True, text=True,
                              stdout=subprocess.PIPE).stdout
