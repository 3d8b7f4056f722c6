"""Run one implementation in this process: MODULE BATCH SIZE...

MODULE has the handler, BATCH names a function of events.py, and each SIZE is one batch. The last
line of the output is JSON: [seconds, CPU seconds] for all batches.
"""

import importlib
import json
import runpy
import sys
import time
from pathlib import Path
from types import SimpleNamespace


def main() -> None:
    module, batch, *sizes = sys.argv[1:]
    # By path: with this folder on the module path, its modules would hide those of others.
    make_batch = runpy.run_path(str(Path(__file__).with_name("events.py")))[batch]
    batches = [make_batch(int(size)) for size in (*sizes, sizes[0])]
    context = SimpleNamespace(
        function_name="bench",
        memory_limit_in_mb=1024,
        invoked_function_arn="arn:aws:lambda:us-east-1:123456789012:function:bench",
        aws_request_id="00000000-0000-0000-0000-000000000000",
        get_remaining_time_in_millis=lambda: 30_000,
    )
    handler = importlib.import_module(module).handler
    handler(batches.pop(), context)  # the cold start has a benchmark of its own
    start, cpu_start = time.perf_counter(), time.process_time()
    for event in batches:
        handler(event, context)
    print(json.dumps([time.perf_counter() - start, time.process_time() - cpu_start]))


main()
