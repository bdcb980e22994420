require "base64"
require "openssl"

# body: as it came, before anything parses it. headers: names in lower case.
def genuine?(body, headers, secret)
  id, timestamp = headers.values_at("webhook-id", "webhook-timestamp")
  # Older or newer than five minutes: somebody may be playing back an old request.
  return false unless timestamp&.match?(/\A\d+\z/) && (Time.now.to_i - timestamp.to_i).abs <= 300
  key = Base64.decode64(secret.delete_prefix("whsec_"))
  digest = OpenSSL::HMAC.digest("SHA256", key, "#{id}.#{timestamp}.#{body}")
  expected = "v1,#{Base64.strict_encode64(digest)}"
  headers["webhook-signature"].to_s.split(" ").any? { |given| OpenSSL.secure_compare(expected, given) }
end
