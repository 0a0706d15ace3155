"""The command line: `python -m benchmarks [NAME…]`, from the repository's root, in its .venv."""

import argparse
from importlib import import_module
import sys
import traceback

from . import page
from .report import Report, progress

DEFAULT = (
    "hub.ingest",
    "hub.seed",
    "hub.live",
    "hub.disk",
    "hub.history",
    "hub.memory",
    "hub.page",
    "brain",
    "meters",
    "hub.meters",
    "hub.vecharge",
    "integration",
    "simulator",
)
"""What a run without names measures, in this order."""
ON_DEMAND = ("hub.crash", "hub.records", "hub.crowd", "hub.fuzz")
"""Long ones, which have to be named."""


def main() -> int:
    """Run what was asked for; return 1 when one of them broke."""
    arguments = _arguments()
    broken = []
    with progress() as shown:
        for name in arguments.names or DEFAULT:
            module = import_module(f"benchmarks.{name}")
            title = (module.__doc__ or name).partition("\n")[0].rstrip(".")
            shown.console.print(f"[bold]{name}[/bold]  {title}")
            report = Report(name, title, quick=arguments.quick, progress=shown)
            try:
                module.run(report)
            except KeyboardInterrupt:
                shown.console.print("Stopped; what was finished before is kept.")
                return 130
            except Exception:  # noqa: BLE001 - the others can still be measured
                shown.console.print(traceback.format_exc(), markup=False)
                broken.append(name)
            else:
                if not arguments.quick:
                    report.result.save()
                    page.write((*DEFAULT, *ON_DEMAND))
            finally:
                report.done()
    if broken:
        print(f"Broke: {', '.join(broken)}.", file=sys.stderr)
    return 1 if broken else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure, and write docs/benchmarks.md.",
        epilog=f"By default: {' '.join(DEFAULT)}. Only when named: {' '.join(ON_DEMAND)}.",
    )
    parser.add_argument(
        "names",
        nargs="*",
        metavar="NAME",
        choices=(*DEFAULT, *ON_DEMAND),
        help="what to measure",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="small sizes, to see whether it works: nothing is written",
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
