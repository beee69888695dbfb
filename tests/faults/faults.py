#!/usr/bin/env python3
"""Faults made on a real Redis while the soak runs: afterwards every message is accounted for.

    faults.py SOAK [--long] [FAULT...]

Each fault is a function below. The soak publishes for 8 seconds, or with --long for 60, or some
more; where Redis is away, it is away for that long."""

import argparse
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "support"))

from proxy import Proxy
from redis_server import PATIENCE, Redis, expect, until


class Soak:
    """The soak program at work; while_running says whether there is time for another fault."""

    def __init__(self, port, seconds, *options):
        self.seconds = seconds
        self.begin = time.monotonic()
        self.process = subprocess.Popen(
            [SOAK, "--redis", f"redis://127.0.0.1:{port}/0?app=soak", "--seconds", str(seconds),
             "--framing", "sequenced", "--json", *options],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def rest(self, least, most):
        """Lets it run for a while; false if it is about to end."""
        time.sleep(random.uniform(least, most))
        return self.publishes()

    def rest_until(self, moment):
        time.sleep(max(0, self.begin + moment - time.monotonic()))

    def publishes(self):
        return time.monotonic() - self.begin < self.seconds - 1 and self.process.poll() is None

    def end_at_once(self):
        """Without waiting until all is accounted for."""
        for _ in range(2):
            time.sleep(0.5)
            self.process.send_signal(signal.SIGINT)

    def any_ledger(self):
        out, err = self.process.communicate(timeout=self.seconds + 10 * PATIENCE)
        expect(out, f"the soak ends with a ledger; it said: {err}")
        ledger = json.loads(out.splitlines()[-1])
        print(json.dumps(ledger), flush=True)
        return ledger

    def ledger(self):
        ledger = self.any_ledger()
        for name in ("unaccounted", "duplicates", "out_of_order", "strange", "crashes"):
            expect(ledger[name] == 0, f"{name} is 0: {ledger}")
        expect(self.process.returncode == 0, f"exit status 0, not {self.process.returncode}")
        expect(ledger["delivered"] > 0, f"something is delivered: {ledger}")
        return ledger

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@contextlib.contextmanager
def soaking(*options, more=0):
    with Redis() as redis, Soak(redis.port, SECONDS + more, *options) as soak:
        soak.rest(2, 2)
        yield redis, soak


@contextlib.contextmanager
def soaking_through_a_proxy(*options, rate=2000):
    with Redis() as redis, Proxy(redis.port) as proxy, Soak(
            proxy.port, SECONDS, "--rate", str(rate), *options) as soak:
        soak.rest(2, 2)
        yield proxy, soak


# Of the soak, by its defaults: two publishers' and two subscribers'.
LINKS = 4

# Subscribers that leave topics and come back, five a second.
CHURN = ("--churn", "5")


def until_linked(redis, soak):
    """Each link has both of its connections, and a moment to be told so."""
    until(lambda: all(len(redis.command("CLIENT", "LIST", "TYPE", kind).splitlines()) >= LINKS + own
                      for kind, own in (("pubsub", 0), ("normal", 1))), "all links are there")
    soak.rest(0.2, 0.4)


def short_patience(seconds):
    """A link is lost after twice this time."""
    return "--ping-interval", str(seconds), "--response-timeout", str(seconds)


def expect_losses(ledger, times):
    expect(ledger["link_losses"] >= times * LINKS, f"each link was lost, {times} times: {ledger}")


# Of each publisher. A queue is two texts, one being filled and one being written, and a text that
# grows has up to twice its size; beside them is an entry of 24 bytes for each message, a fifth of
# the bound for messages of 64 bytes. That is less than 5 x 8 MiB for each of the two publishers;
# 16 MiB are for the rest.
QUEUE_BYTES = 8 << 20
MEMORY_BOUND = 2 * 5 * QUEUE_BYTES + (16 << 20)


def killed_and_started_again_five_times():
    part = (SECONDS - 2) / 5  # a kill in each
    with soaking(*CHURN, more=10) as (redis, soak):
        for kill in range(5):
            soak.rest_until(2 + part * random.uniform(kill, kill + 1))
            until_linked(redis, soak)
            expect(soak.publishes(), "there is time for five kills")
            redis.kill()
            time.sleep(random.uniform(0, 0.3))
            redis.start()
        expect_losses(soak.ledger(), 5)


def frozen_for_ten_seconds():
    with Redis() as redis, Soak(redis.port, max(SECONDS, 14), *short_patience(2)) as soak:
        soak.rest(2, 2)
        redis.freeze()
        time.sleep(10)
        redis.thaw()
        expect_losses(soak.ledger(), 1)


def subscribers_killed_in_a_loop():
    with soaking(*CHURN) as (redis, soak):
        while soak.rest(0.05, 0.3):
            redis.command("CLIENT", "KILL", "TYPE", "pubsub")
        expect(soak.ledger()["link_losses"] > 0, "the links were lost")


def publishers_killed_in_a_loop():
    with soaking() as (redis, soak):
        while soak.rest(0.05, 0.3):
            redis.command("CLIENT", "KILL", "TYPE", "normal")
        expect(soak.ledger()["link_losses"] > 0, "the links were lost")


def clients_paused():
    with soaking(*CHURN) as (redis, soak):
        while soak.rest(0.3, 1):
            redis.command("CLIENT", "PAUSE", "500")
        soak.ledger()


def a_small_output_buffer_overrun_by_a_burst():
    with Redis() as redis:
        redis.command("CONFIG", "SET", "client-output-buffer-limit", "pubsub 65536 65536 1")
        # At full speed the loop publishes far more in a turn than it reads, and so the buffers of the
        # sockets, which are larger than the limit, fill too.
        with Soak(redis.port, SECONDS, "--rate", "0", "--payload", "2000",
                  "--queue-bytes", str(QUEUE_BYTES)) as soak:
            expect(soak.ledger()["cut_offs"] > 0, "Redis cut subscribers off, and that is known")


def the_channel_permission_taken_away_and_given_back():
    with soaking() as (redis, soak):
        redis.command("ACL", "SETUSER", "default", "resetchannels")
        time.sleep(SECONDS / 2 if LONG else 1)
        redis.command("ACL", "SETUSER", "default", "allchannels")
        expect(soak.ledger()["known_lost"] > 0, "messages were lost, and that is known")


def shut_down_without_saving_and_replaced_by_an_empty_server():
    with soaking() as (redis, soak):
        redis.command("SET", "a", "value")
        with contextlib.suppress(subprocess.CalledProcessError):
            redis.command("SHUTDOWN", "NOSAVE")
        redis.process.wait(PATIENCE)
        redis.start()
        expect(redis.command("DBSIZE").strip().endswith("0"), "the new server is empty")
        soak.ledger()


def connections_cut():
    with soaking_through_a_proxy(*CHURN) as (proxy, soak):
        while soak.rest(0.1, 0.8):
            proxy.cut()
        expect(soak.ledger()["link_losses"] > 0, "the links were lost")


def one_direction_stalled():
    options, stall = ((), 12) if LONG else (short_patience(0.5), 2)  # by default it is lost after 10
    with soaking_through_a_proxy(*options) as (proxy, soak):
        for way in ("up", "down"):
            proxy.stalled = way
            time.sleep(stall)
            proxy.stalled = None
            soak.rest(0.5, 1)
        expect_losses(soak.ledger(), 2)


def bytes_split_and_delayed():
    with soaking_through_a_proxy(rate=100) as (proxy, soak):
        while soak.rest(0, 0):
            proxy.delay = random.choice((0, 0.05))
            proxy.crumbs = random.random() < 0.8
            soak.rest(0.5, 1)
        proxy.delay = 0
        proxy.crumbs = False
        soak.ledger()


def no_redis_at_all():
    soak = subprocess.run([SOAK, "--redis", "redis://127.0.0.1:1", "--json"], timeout=PATIENCE + 10,
                          capture_output=True, text=True)
    expect("failure" in json.loads(soak.stdout.splitlines()[-1]), f"it says so: {soak.stdout}")
    expect(soak.returncode == 1, f"exit status 1, not {soak.returncode}")


def a_gap_where_nothing_is_lost():
    """The soak can say no: here somebody else says that a stream is further than it is."""
    with soaking() as (redis, soak):
        with redis.cli("SUBSCRIBE", "soak:topic.0") as listener:
            frame = next(line for line in listener.stdout if line.endswith(".\n"))
            listener.terminate()
        redis.command("PUBLISH", "soak:topic.0", f"{frame.split()[0]} 999999999")
        soak.end_at_once()
        expect(soak.any_ledger()["unaccounted"] > 0, "a gap that is none is unaccounted for")
        expect(soak.process.returncode == 1, f"exit status 1, not {soak.process.returncode}")


def the_soak_itself_crashing():
    with soaking() as (_, soak):
        child, = pathlib.Path(f"/proc/{soak.process.pid}/task/{soak.process.pid}/children") \
            .read_text().split()
        os.kill(int(child), signal.SIGKILL)
        out, _ = soak.process.communicate(timeout=PATIENCE)
        expect(json.loads(out.splitlines()[-1])["crashes"] == 1, f"the crash is counted: {out}")
        expect(soak.process.returncode == 1, f"exit status 1, not {soak.process.returncode}")


def redis_away(policy):
    with Redis() as redis, Soak(redis.port, SECONDS + 8, "--rate", "0", "--while-down", policy,
                                "--queue-bytes", str(QUEUE_BYTES)) as soak:
        soak.rest(2, 2)
        redis.kill()
        time.sleep(SECONDS)
        redis.start()
        ledger = soak.ledger()
        # It is -1 with the address sanitizer, which needs memory of its own.
        expect(ledger["peak_memory_bytes"] < MEMORY_BOUND, f"memory below {MEMORY_BOUND}: {ledger}")
        return ledger


def redis_away_while_publishers_go_on_at_full_speed_refuse():
    expect(redis_away("refuse")["refused"] > 0, "publishes were refused")


def redis_away_while_publishers_go_on_at_full_speed_keep():
    expect(redis_away("keep")["refused"] > 0, "what did not fit was refused")


def redis_away_while_publishers_go_on_at_full_speed_newest():
    expect(redis_away("newest")["displaced"] > 0, "old messages made room for new ones")


FAULTS = {f.__name__: f for f in (
    killed_and_started_again_five_times, frozen_for_ten_seconds, subscribers_killed_in_a_loop,
    publishers_killed_in_a_loop, clients_paused, a_small_output_buffer_overrun_by_a_burst,
    the_channel_permission_taken_away_and_given_back,
    shut_down_without_saving_and_replaced_by_an_empty_server, connections_cut,
    one_direction_stalled, bytes_split_and_delayed, no_redis_at_all,
    a_gap_where_nothing_is_lost, the_soak_itself_crashing,
    redis_away_while_publishers_go_on_at_full_speed_refuse,
    redis_away_while_publishers_go_on_at_full_speed_keep,
    redis_away_while_publishers_go_on_at_full_speed_newest)}

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("soak", type=pathlib.Path, help="the program")
    parser.add_argument("fault", nargs="*", metavar="FAULT",
                        help=f"which, or all: {', '.join(FAULTS)}")
    parser.add_argument("--long", action="store_true", help="60 seconds each")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    arguments = parser.parse_intermixed_args()  # options among the faults
    SOAK, LONG = arguments.soak.resolve(), arguments.long
    SECONDS = 60 if LONG else 8
    if unknown := [name for name in arguments.fault if name not in FAULTS]:
        parser.error(f"there is no fault {unknown[0]}; there are {', '.join(FAULTS)}")
    random.seed(arguments.seed)
    print(f"seed {arguments.seed}")
    for name in arguments.fault or FAULTS:
        print(name.replace("_", " "), flush=True)
        FAULTS[name]()
