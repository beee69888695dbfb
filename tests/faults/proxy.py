"""A proxy between the links and Redis that does what networks do."""

import contextlib
import random
import select
import socket
import threading
import time


class Proxy:
    """Forwards connections to a port of this machine, and spoils them on request.

    cut() closes all of them; `stalled` holds one direction back; `crumbs` sends byte by byte;
    `delay` holds everything back for some seconds."""

    def __init__(self, target):
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.stalled = None  # or "up", towards Redis, or "down"
        self.crumbs = False
        self.delay = 0.0
        self.pairs = set()
        self.open = True
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while self.open:
            with contextlib.suppress(OSError):
                client, _ = self.listener.accept()
                try:
                    server = socket.create_connection(("127.0.0.1", self.target))
                except OSError:
                    client.close()
                    continue
                for one in (client, server):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                pair = (client, server)
                self.pairs.add(pair)
                for source, sink, way in ((client, server, "up"), (server, client, "down")):
                    threading.Thread(target=self.forward, args=(source, sink, way, pair),
                                     daemon=True).start()

    def forward(self, source, sink, way, pair):
        with contextlib.suppress(OSError, ValueError):
            while True:
                if self.stalled == way:
                    time.sleep(0.01)
                    continue
                if not select.select([source], [], [], 0.05)[0]:
                    continue
                data = source.recv(4096)
                if not data:
                    break
                if self.delay:
                    time.sleep(random.uniform(0, self.delay))
                for part in (data[i:i + 1] for i in range(len(data))) if self.crumbs else (data,):
                    sink.sendall(part)
        self.close(pair)

    def cut(self):
        for pair in list(self.pairs):
            self.close(pair)

    def close(self, pair):
        self.pairs.discard(pair)
        for one in pair:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            with contextlib.suppress(OSError):
                one.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.open = False
        self.listener.close()
        self.cut()
