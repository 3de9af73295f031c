"""Run a shell command in an 80x24 terminal; when the tutor's screen stands, leave with ctrl+q.

    python .ci/in_terminal.py COMMAND

Exits with the command's status; 1 when the screen never came.
"""

import fcntl
import os
import pty
import struct
import sys
import termios

FIRST_SHOWS = b"Scaffold"


def main(command: str) -> int:
    child, terminal = pty.fork()
    if child == 0:
        os.environ["TERM"] = "xterm-256color"
        os.execvp("bash", ["bash", "-euo", "pipefail", "-c", command])
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    seen = b""
    opened = False
    while True:
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # Linux's way to say that the other end of a terminal is closed
            break
        if not data:
            break
        if not opened:
            os.write(1, data)
        seen = (seen + data)[-(1 << 16) :]
        if not opened and FIRST_SHOWS in seen:
            opened = True
            os.write(terminal, b"\x11")
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    print(f"\nfirst screen {'shown' if opened else 'NOT shown'}, exit status {status}")
    return status if opened else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
