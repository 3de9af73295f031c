"""The command ``cnntutor``, also as ``python -m tutor``."""

from __future__ import annotations

import sys


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    try:
        from tutor.cli.run import run

        return run(arguments)
    except KeyboardInterrupt:  # while the program was still loading
        return 130


if __name__ == "__main__":
    sys.exit(main())
