/**
 * Receivers that check a signature with a public key (v1a of Standard Webhooks), by what each language has for Ed25519:
 * the libraries of Standard Webhooks know shared secrets alone. Whole programs: the key comes from WEBHOOK_PUBLIC_KEY.
 */

/** An example in one language; install is null where it needs nothing but the language. */
export interface Snippet {
  language: string;
  install: string | null;
  code: string;
}

/** What is to be done in any other language. */
export const ED25519_BY_HAND = `1. Take the base64 behind whpk_: the 32 bytes of the public key.
2. Refuse a webhook-timestamp that is more than five minutes away from now.
3. Put together webhook-id + "." + webhook-timestamp + "." + the body as it came.
4. Split webhook-signature at spaces; keep what begins with "v1a,".
5. One of them must be the Ed25519 signature of 3, in base64, for the key of 1.

PHP:  sodium_crypto_sign_verify_detached($signature, $signed, $key)
Java: Signature.getInstance("Ed25519"), since Java 15
Ruby: the gem ed25519, Ed25519::VerifyKey.new(key).verify(signature, signed)
`;

export const ED25519_SNIPPETS: Snippet[] = [
  {
    language: 'JavaScript',
    install: null,
    code: `import { createPublicKey, verify } from 'node:crypto';
import { createServer } from 'node:http';

// whpk_…: the 32 bytes of an Ed25519 key, in base64.
const bytes = Buffer.from(process.env.WEBHOOK_PUBLIC_KEY.replace(/^whpk_/, ''), 'base64');
const key = createPublicKey({
  key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') },
  format: 'jwk',
});

function isGenuine(body, headers) {
  const id = headers['webhook-id'];
  const timestamp = headers['webhook-timestamp'];
  // Older or newer than five minutes: somebody may be playing back an old request.
  if (!(Math.abs(Date.now() / 1000 - Number(timestamp)) <= 300)) return false;
  const signed = Buffer.concat([Buffer.from(\`\${id}.\${timestamp}.\`), body]);
  return (headers['webhook-signature'] ?? '').split(' ').some((signature) => {
    const [version, value = ''] = signature.split(',');
    return version === 'v1a' && verify(null, signed, key, Buffer.from(value, 'base64'));
  });
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  // The body as it came: parsed and written again it would be other bytes.
  const body = Buffer.concat(chunks);
  if (!isGenuine(body, request.headers)) {
    response.writeHead(401).end();
    return;
  }
  console.log(request.headers['webhook-id'], body.toString());
  response.writeHead(204).end();
}).listen(process.env.PORT ?? 8080);
`,
  },
  {
    language: 'Python',
    install: 'pip install cryptography flask',
    code: `import base64
import os
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from flask import Flask, request

# whpk_…: the 32 bytes of an Ed25519 key, in base64.
key = Ed25519PublicKey.from_public_bytes(
    base64.b64decode(os.environ["WEBHOOK_PUBLIC_KEY"].removeprefix("whpk_"))
)
app = Flask(__name__)


def is_genuine(body, headers):
    timestamp = headers.get("webhook-timestamp", "")
    # Older or newer than five minutes: somebody may be playing back an old request.
    if not timestamp.isdigit() or abs(time.time() - int(timestamp)) > 300:
        return False
    signed = f"{headers.get('webhook-id')}.{timestamp}.".encode() + body
    for signature in headers.get("webhook-signature", "").split():
        version, _, value = signature.partition(",")
        if version != "v1a":
            continue
        try:
            key.verify(base64.b64decode(value), signed)
            return True
        except (InvalidSignature, ValueError):
            pass
    return False


@app.post("/hooks")
def receive():
    # The body as it came: parsed and written again it would be other bytes.
    body = request.get_data()
    if not is_genuine(body, request.headers):
        return "", 401
    print(request.headers["webhook-id"], body.decode())
    return "", 204
`,
  },
  {
    language: 'Go',
    install: null,
    code: `package main

import (
	"crypto/ed25519"
	"encoding/base64"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

func isGenuine(key ed25519.PublicKey, body []byte, header http.Header) bool {
	timestamp := header.Get("webhook-timestamp")
	seconds, err := strconv.ParseInt(timestamp, 10, 64)
	// Older or newer than five minutes: somebody may be playing back an old request.
	if err != nil || time.Since(time.Unix(seconds, 0)).Abs() > 5*time.Minute {
		return false
	}
	signed := append([]byte(header.Get("webhook-id")+"."+timestamp+"."), body...)
	for _, signature := range strings.Fields(header.Get("webhook-signature")) {
		version, value, _ := strings.Cut(signature, ",")
		given, err := base64.StdEncoding.DecodeString(value)
		if version == "v1a" && err == nil && ed25519.Verify(key, signed, given) {
			return true
		}
	}
	return false
}

func main() {
	// whpk_…: the 32 bytes of an Ed25519 key, in base64.
	text := strings.TrimPrefix(os.Getenv("WEBHOOK_PUBLIC_KEY"), "whpk_")
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(key) != ed25519.PublicKeySize {
		log.Fatal("WEBHOOK_PUBLIC_KEY is not a public key")
	}
	http.HandleFunc("POST /hooks", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 2<<20))
		if err != nil || !isGenuine(key, body, r.Header) {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		log.Println(r.Header.Get("webhook-id"), string(body))
		w.WriteHeader(http.StatusNoContent)
	})
	log.Fatal(http.ListenAndServe(":8080", nil))
}
`,
  },
];
