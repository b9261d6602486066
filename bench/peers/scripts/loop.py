"""The same as loop.php, as one writes it for Python."""

import hmac
import json
import platform
import sys
from hashlib import md5
from time import perf_counter_ns
from urllib.parse import parse_qsl


def sign(params, secret):
    kept = sorted((name, value) for name, value in params.items() if value not in ("", "0"))
    text = "&".join(f"{name}={value}" for name, value in kept)
    return md5((text + secret).encode()).hexdigest()


def verify(body, secret):
    params = dict(parse_qsl(body, keep_blank_values=True))
    given = params.pop("sign")
    return given if hmac.compare_digest(sign(params, secret), given) else "refused"


def run(operation, times, body):
    if operation == "sign":
        for _ in range(times):
            result = sign(params, secret)
    else:
        for _ in range(times):
            result = verify(body, secret)
    return result


given = json.loads(sys.stdin.readline())
secret, params = given["secret"], dict(given["parameters"])
print(platform.python_version(), flush=True)

for line in sys.stdin:
    operation, times, body = (line.split() + [""])[:3]
    begun = perf_counter_ns()
    result = run(operation, int(times), body)
    print(perf_counter_ns() - begun, result, flush=True)
