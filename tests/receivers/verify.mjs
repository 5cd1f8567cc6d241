// Verifies webhooks by the Standard Webhooks library of npm.
//
// Each line of the input is a request, {"keys": […], "headers": {…}, "body": "…"}; for each a line of output says which of
// the keys verify it. The library knows secrets (v1) alone; public keys (v1a) are checked by OpenSSL (Node's crypto), as
// the standard's text has it.

import { createPublicKey, verify } from 'node:crypto'
import { createInterface } from 'node:readline'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'

const TOLERANCE = 5 * 60

function bySecret(key, headers, body) {
  try {
    new Webhook(key).verify(body, headers)
    return true
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false
    throw error
  }
}

function byPublicKey(key, headers, body) {
  const timestamp = headers['webhook-timestamp']
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE) return false
  const x = Buffer.from(key.slice('whpk_'.length), 'base64').toString('base64url')
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' })
  const signed = Buffer.from(`${headers['webhook-id']}.${timestamp}.${body}`)
  return headers['webhook-signature'].split(' ').some((one) => {
    const [version, signature] = one.split(',')
    return version === 'v1a' && verify(null, signed, publicKey, Buffer.from(signature, 'base64'))
  })
}

for await (const line of createInterface({ input: process.stdin })) {
  const { keys, headers, body } = JSON.parse(line)
  const verified = keys.map((key) => (key.startsWith('whpk_') ? byPublicKey : bySecret)(key, headers, body))
  console.log(JSON.stringify(verified))
}
