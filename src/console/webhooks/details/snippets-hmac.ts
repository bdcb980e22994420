/**
 * Receivers that check the signature before they believe a request, by the Standard Webhooks library of each
 * language (github.com/standard-webhooks/standard-webhooks). Whole programs: the secret comes from WEBHOOK_SECRET.
 */
import type { Snippet } from './snippets-ed25519.ts';

export const HMAC_SNIPPETS: Snippet[] = [
  {
    language: 'JavaScript',
    install: 'npm install standardwebhooks',
    code: `import { createServer } from 'node:http';
import { Webhook } from 'standardwebhooks';

const webhook = new Webhook(process.env.WEBHOOK_SECRET); // whsec_…

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  // The body as it came: parsed and written again it would be another text.
  const body = Buffer.concat(chunks).toString('utf8');
  let event;
  try {
    // Reads webhook-id, webhook-timestamp and webhook-signature.
    event = webhook.verify(body, request.headers);
  } catch {
    response.writeHead(401).end();
    return;
  }
  console.log(request.headers['webhook-id'], event.type);
  response.writeHead(204).end();
}).listen(process.env.PORT ?? 8080);
`,
  },
  {
    language: 'Python',
    install: 'pip install standardwebhooks flask',
    code: `import os

from flask import Flask, request
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

webhook = Webhook(os.environ["WEBHOOK_SECRET"])  # whsec_…
app = Flask(__name__)


@app.post("/hooks")
def receive():
    try:
        # Reads webhook-id, webhook-timestamp and webhook-signature.
        event = webhook.verify(request.get_data(), dict(request.headers))
    except WebhookVerificationError:
        return "", 401
    print(request.headers["webhook-id"], event["type"])
    return "", 204
`,
  },
  {
    language: 'Go',
    install: 'go get github.com/standard-webhooks/standard-webhooks/libraries',
    code: `package main

import (
	"io"
	"log"
	"net/http"
	"os"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

func main() {
	webhook, err := standardwebhooks.NewWebhook(os.Getenv("WEBHOOK_SECRET")) // whsec_…
	if err != nil {
		log.Fatal(err)
	}
	http.HandleFunc("POST /hooks", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 2<<20))
		// Reads webhook-id, webhook-timestamp and webhook-signature.
		if err != nil || webhook.Verify(body, r.Header) != nil {
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
  {
    language: 'Ruby',
    install: 'gem install standardwebhooks sinatra rackup puma',
    code: `require "sinatra"
require "standardwebhooks"

webhook = StandardWebhooks::Webhook.new(ENV.fetch("WEBHOOK_SECRET")) # whsec_…

post "/hooks" do
  signed = {
    "webhook-id" => request.env["HTTP_WEBHOOK_ID"],
    "webhook-timestamp" => request.env["HTTP_WEBHOOK_TIMESTAMP"],
    "webhook-signature" => request.env["HTTP_WEBHOOK_SIGNATURE"]
  }
  begin
    event = webhook.verify(request.body.read, signed)
  rescue StandardWebhooks::WebhookVerificationError
    halt 401
  end
  logger.info "#{signed["webhook-id"]} #{event["type"]}"
  status 204
end
`,
  },
  {
    language: 'PHP',
    install: 'composer require standard-webhooks/standard-webhooks',
    code: `<?php
require __DIR__ . '/vendor/autoload.php';

$webhook = new \\StandardWebhooks\\Webhook(getenv('WEBHOOK_SECRET')); // whsec_…
$headers = [
    'webhook-id' => $_SERVER['HTTP_WEBHOOK_ID'] ?? null,
    'webhook-timestamp' => $_SERVER['HTTP_WEBHOOK_TIMESTAMP'] ?? null,
    'webhook-signature' => $_SERVER['HTTP_WEBHOOK_SIGNATURE'] ?? null,
];
try {
    $event = $webhook->verify(file_get_contents('php://input'), $headers);
} catch (\\StandardWebhooks\\Exception\\WebhookVerificationException $error) {
    http_response_code(401);
    exit;
}
error_log($headers['webhook-id'] . ' ' . $event['type']);
http_response_code(204);
`,
  },
  {
    language: 'Java',
    install: 'com.standardwebhooks:standardwebhooks, from Maven Central',
    code: `import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.http.HttpHeaders;
import java.nio.charset.StandardCharsets;

public class Receiver {
    public static void main(String[] args) throws Exception {
        var webhook = new Webhook(System.getenv("WEBHOOK_SECRET")); // whsec_…
        var server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/hooks", exchange -> {
            var body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
            var headers = HttpHeaders.of(exchange.getRequestHeaders(), (name, value) -> true);
            int status = 204;
            try {
                // Reads webhook-id, webhook-timestamp and webhook-signature.
                webhook.verify(body, headers);
                System.out.println(headers.firstValue("webhook-id").orElse("") + " " + body);
            } catch (WebhookVerificationException error) {
                status = 401;
            }
            exchange.sendResponseHeaders(status, -1);
            exchange.close();
        });
        server.start();
    }
}
`,
  },
];
