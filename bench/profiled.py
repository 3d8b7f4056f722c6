"""The writer under cProfile: SIZE BATCHES -> [seconds, [[file, function, seconds], …]]."""

import cProfile
import importlib
import importlib.util
import json
import pstats
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any


def main() -> None:
    size, batches = map(int, sys.argv[1:])
    spec = importlib.util.spec_from_file_location("events", Path(__file__).with_name("events.py"))
    assert spec is not None
    assert spec.loader is not None
    events = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(events)
    app, batch = importlib.import_module("app"), importlib.import_module("common.parallel")
    # A profiler sees the thread that it was started in.
    vars(batch)["_threads"] = lambda: SimpleNamespace(map=map)
    context: Any = SimpleNamespace(
        function_name="bench",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:bench",
        aws_request_id="00000000-0000-0000-0000-000000000000",
    )
    app.handler(events.queue_batch(size), context)
    work = [events.queue_batch(size) for _ in range(batches)]
    profiler = cProfile.Profile()
    profiler.enable()
    for event in work:
        app.handler(event, context)
    profiler.disable()
    stats: Any = pstats.Stats(profiler)
    functions = [
        [file, name, cumulative]
        for (file, _, name), (_, _, _, cumulative, _) in stats.stats.items()
    ]
    print(json.dumps([stats.total_tt, functions]))


main()
