"""One measurement in a process of its own: MODULE BATCH SIZE... -> [seconds, CPU], last line."""

import importlib
import importlib.util
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace


def main() -> None:
    module, batch, *sizes = sys.argv[1:]
    spec = importlib.util.spec_from_file_location("events", Path(__file__).with_name("events.py"))
    assert spec is not None
    assert spec.loader is not None
    events = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(events)
    work = [getattr(events, batch)(int(size)) for size in (*sizes, sizes[0])]
    context = SimpleNamespace(
        function_name="bench",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:bench",
        aws_request_id="00000000-0000-0000-0000-000000000000",
        get_remaining_time_in_millis=lambda: 30_000,
    )
    handler = importlib.import_module(module).handler
    handler(work.pop(), context)  # what a cold start pays is measured elsewhere
    start, cpu = time.perf_counter(), time.process_time()
    for event in work:
        handler(event, context)
    print(json.dumps([time.perf_counter() - start, time.process_time() - cpu]))


main()
