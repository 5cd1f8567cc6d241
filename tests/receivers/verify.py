"""Verifies webhooks by the Standard Webhooks library of PyPI.

Each line of the input is a request, {"keys": […], "headers": {…}, "body": "…"}; for each a line of output says which of
the keys verify it. The library knows secrets (v1) alone; public keys (v1a) are checked by libsodium (PyNaCl), as the
standard's text has it.
"""

import base64
import json
import sys
import time

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey
from standardwebhooks import Webhook, WebhookVerificationError

TOLERANCE = 5 * 60


def by_secret(key, headers, body):
    try:
        Webhook(key).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def by_public_key(key, headers, body):
    timestamp = headers["webhook-timestamp"]
    if abs(time.time() - int(timestamp)) > TOLERANCE:
        return False
    signed = f"{headers['webhook-id']}.{timestamp}.{body}".encode()
    verifier = VerifyKey(base64.b64decode(key.removeprefix("whpk_")))
    for signature in headers["webhook-signature"].split(" "):
        version, _, signature = signature.partition(",")
        if version == "v1a":
            try:
                verifier.verify(signed, base64.b64decode(signature))
                return True
            except BadSignatureError:
                continue
    return False


for line in sys.stdin:
    request = json.loads(line)
    verified = [
        (by_public_key if key.startswith("whpk_") else by_secret)(key, request["headers"], request["body"])
        for key in request["keys"]
    ]
    print(json.dumps(verified), flush=True)
