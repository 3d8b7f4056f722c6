"""Profile the writer in this process: SIZE BATCHES.

The last line of the output is JSON: [seconds, [[file, function, cumulative seconds], ...]].
"""

import cProfile
import importlib
import json
import pstats
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def main() -> None:
    size, batches = map(int, sys.argv[1:])
    # By path: with this folder on the module path, its modules would hide those of others.
    queue_batch = runpy.run_path(str(Path(__file__).with_name("events.py")))["queue_batch"]
    app, parallel = importlib.import_module("app"), importlib.import_module("common.parallel")
    # A profiler sees only the thread that started it.
    vars(parallel)["_threads"] = lambda: SimpleNamespace(map=map)
    context: Any = SimpleNamespace(
        function_name="bench",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:bench",
        aws_request_id="00000000-0000-0000-0000-000000000000",
    )
    app.handler(queue_batch(size), context)  # warms up
    events = [queue_batch(size) for _ in range(batches)]
    profiler = cProfile.Profile()
    profiler.enable()
    for event in events:
        app.handler(event, context)
    profiler.disable()
    stats: Any = pstats.Stats(profiler)
    functions = [
        [file, name, cumulative]
        for (file, _, name), (_, _, _, cumulative, _) in stats.stats.items()
    ]
    print(json.dumps([stats.total_tt, functions]))


main()
