"""A network of one's own, where Linux gives it: what listens there is found by nobody else.

Loopback is shared by every account of a machine. In a network namespace of its own a program
listens on a loopback that its own children alone have; sockets that were opened before stay where
they were. Root may do that, and elsewhere a user namespace allows it where the kernel does. Many
containers forbid it, and have a loopback of their own already.
"""

import ctypes
import fcntl
import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path

_NEW_NETWORK, _NEW_USERS = 0x40000000, 0x10000000  # linux/sched.h
_SET_FLAGS, _IS_UP = 0x8914, 0x1  # linux/sockios.h, linux/if.h
_NAME = "16sh14x"
_DEATH_SIGNAL = 1  # linux/prctl.h


def set_apart() -> bool:
    """Give this process, which must have one thread, a network of its own; whether it has one.

    Where it cannot be had, nothing has changed.
    """
    if sys.platform != "linux":
        return False
    trial = os.fork()  # one that half succeeds could not be taken back
    if trial == 0:
        os._exit(0 if _has_own_network() else 1)
    _, status = os.waitpid(trial, 0)
    return status == 0 and _has_own_network()


def end_with_parent(number: int) -> None:
    """For `preexec_fn`: Linux sends this signal when the parent is gone, however it went."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_DEATH_SIGNAL, number, 0, 0, 0)


def _has_own_network() -> bool:
    user, group = os.getuid(), os.getgid()
    try:
        call = ctypes.CDLL(None).unshare
        if call(_NEW_NETWORK) != 0:
            if call(_NEW_NETWORK | _NEW_USERS) != 0:
                return False
            # who it was outside: files keep their owner
            Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
            Path("/proc/self/uid_map").write_text(f"{user} {user} 1", encoding="ascii")
            Path("/proc/self/gid_map").write_text(f"{group} {group} 1", encoding="ascii")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            fcntl.ioctl(one, _SET_FLAGS, struct.pack(_NAME, b"lo", _IS_UP))
        with socket.create_server(("127.0.0.1", 0)):
            return True
    except (OSError, AttributeError):
        return False
