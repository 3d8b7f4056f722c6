"""Answers what `make up` asks the emulator. Has a child process, as Lambda environments are."""

import json
import os
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

_TOPIC = "arn:aws:sns:us-east-1:000000000000:notifications"
_STACK = f"""<DescribeStacksResponse><DescribeStacksResult><Stacks><member>
<StackName>storefront</StackName><StackStatus>CREATE_COMPLETE</StackStatus><Parameters/><Outputs><member>
<OutputKey>OrderNotificationsTopic</OutputKey><OutputValue>{_TOPIC}</OutputValue>
</member></Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>"""
_SUBSCRIPTION = f"""<SubscribeResponse><SubscribeResult><SubscriptionArn>{_TOPIC}:1
</SubscriptionArn></SubscribeResult></SubscribeResponse>"""

_SQS = {"QueueUrl": "http://127.0.0.1/queue", "Attributes": {"QueueArn": "arn:aws:sqs:::queue"}}


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.answer(json.dumps({"stack": os.environ["STACK_ID"]}))

    def do_PUT(self) -> None:
        self.answer("")

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if "X-Amz-Target" in self.headers:
            self.answer(json.dumps(_SQS))
        else:
            self.answer(_STACK if "DescribeStacks" in sent else _SUBSCRIPTION)

    def answer(self, body: str) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())


child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", __file__])
time.sleep(0.2)  # as the emulator, it binds its port some time after `make up` has chosen it
try:
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["GATEWAY_PORT"])), Handler).serve_forever()
finally:
    child.kill()
