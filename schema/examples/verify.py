import base64, hashlib, hmac, time

# body: bytes as they came, before anything parses them. headers: names in lower case.
def is_genuine(body, headers, secret):
    id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    # Older or newer than five minutes: somebody may be playing back an old request.
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = f"{id}.{timestamp}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    given = headers.get("webhook-signature", "").split(" ")
    return any(hmac.compare_digest(expected.encode(), one.encode()) for one in given)
