"""Waiting until a program has nothing left to do: by what its loop holds, not by the processor.

Textual's own waiting sleeps for 20 ms and looks how busy the process was meanwhile: long where
nothing goes on, and a matter of luck where other threads work.
"""

from __future__ import annotations

import asyncio
import math
from typing import Any, Final, cast

SOON: Final = 0.02
"""Seconds; what is to happen within them is waited for."""
BRISK: Final = 0.001
"""Seconds between two drawings of a screen: nobody looks at it who cannot follow."""
_TURNS: Final = 3
"""So many turns of the loop in a row have nothing to do before it is quiet."""
_TICK: Final = 0.001


async def quiet(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Wait until the loop has nothing to do, now and soon; stands for Textual's `wait_for_idle`.

    Args:
        min_sleep: seconds to wait at the least.
        max_sleep: seconds to wait at the most.
    """
    loop = cast("Any", asyncio.get_running_loop())
    end = loop.time() + max_sleep
    await asyncio.sleep(max(min_sleep, _TICK))  # threads get their turn, too
    still = 0
    while still < _TURNS and loop.time() < end:
        await asyncio.sleep(0)
        if loop._ready:
            still = 0
        elif (wait := _next(loop)) < SOON:
            still = 0
            await asyncio.sleep(max(0, wait))
        else:
            still += 1


def _next(loop: Any) -> float:
    """Seconds until something is to happen."""
    times = (timer.when() for timer in loop._scheduled if not timer.cancelled())
    return min(times, default=math.inf) - loop.time()
