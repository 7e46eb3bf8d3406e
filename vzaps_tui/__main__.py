"""The door: `python -m vzaps_tui` and the `vzaps-tui` command both enter here."""

import gc


def main() -> None:
    """Run the command line; collection waits until the first frame is up (see ui.app)."""
    gc.disable()
    from vzaps_tui.cli.entry import main as run  # noqa: PLC0415 - after gc is off: imports make most of start-up's garbage

    run()


if __name__ == "__main__":
    main()
