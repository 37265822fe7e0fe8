"""Replaces itself with another program that dies with its parent. Run as a script, by path, so that it starts in
milliseconds.

    python -I -S launch.py PARENT_PID USER PROGRAM [ARGUMENT ...]

`USER` is a name, or `-` to keep the current one. It is not a `preexec_fn`, because those may deadlock in a process with
threads.
"""

import ctypes
import os
import pwd
import signal
import sys

_PR_SET_PDEATHSIG = 1


def main() -> None:
    parent, user, *command = sys.argv[1:]
    if user != "-":
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)
        os.environ["HOME"] = entry.pw_dir
    if sys.platform == "linux":  # after setuid, which clears it
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(parent):  # the parent died before this call
        sys.exit(1)
    try:
        os.execvp(command[0], command)  # noqa: S606 - no shell is meant
    except OSError as error:
        sys.exit(f"{command[0]} could not be run: {error.strerror}")


main()
