"""What Lambda does with the batches of a queue or a stream: rules without input and output.

The emulator and the simulator of the tests (tests/harness/simulator) both use them, so a test of
one is a test of the other. The modules need nothing but Python.

Upstream: yes, with streams.py and queue_mappings.py, which apply them.
"""
