"""The program ``mockgen-watch``, which ``python -m mockgen_watch`` is as well."""

import sys

# All else is imported once the path is right: -m puts the current folder first, and a project's own
# ``json.py`` is none of our modules. With -P or -I the folder is not there.
if __name__ == "__main__" and not sys.flags.safe_path:
    del sys.path[0]


def run() -> int:
    """Carry out the process's own command line and return the exit code.

    Before and after that Ctrl-C ends the process at once: there is nothing to be tidied up.
    """
    import signal

    handler = signal.getsignal(signal.SIGINT)
    # A shell has its background jobs ignore it, which stays so.
    is_caught = handler is signal.default_int_handler
    if is_caught:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from mockgen_watch.cli.main import run as run_line

    try:
        if is_caught:
            signal.signal(signal.SIGINT, handler)
        return run_line()
    except KeyboardInterrupt:
        # It came a second time, or between two steps.
        return 128 + signal.SIGINT
    finally:
        if is_caught:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(run())
