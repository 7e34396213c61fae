"""``python -m shopsec`` and the console script."""

import os
import sys


def main() -> None:
    """Run the command line."""
    _leave_current_folder()
    if sys.argv[1:3] == ["scan", "--staged"]:
        from shopsec.cli.hook import nothing_to_say  # noqa: PLC0415 -- only a hook needs it

        if nothing_to_say(sys.argv[3:]):
            return
    try:
        from shopsec.cli.main import run  # noqa: PLC0415 -- only once the path is clean
    except KeyboardInterrupt:
        sys.exit(130)  # as the command line ends, and without a traceback
    run()


def _leave_current_folder() -> None:
    """Take the current folder off the module path.

    ``python -m shopsec`` puts it first, and it may be the repository that is scanned: a file
    click.py in it would be run in place of click.
    """
    if not sys.flags.safe_path and sys.path:
        here = os.path.realpath(os.curdir)
        if os.path.realpath(sys.path[0] or ".") == here:
            del sys.path[0]


if __name__ == "__main__":
    main()
