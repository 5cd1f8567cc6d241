// A page in headless Chromium that follows the register with EventSource.
//
// follow.mjs CHROMIUM URL TOKEN LAST: writes a line for each event, its id and its data, and ends behind the event at
// position LAST; `again` on a line of its own says that the browser came again by itself.

import { chromium } from 'playwright-core'

const [executablePath, url, token, last] = process.argv.slice(2)
const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
const page = await browser.newPage()
await page.goto(`${url}/problems/not-found`)

let done
const finished = new Promise((resolve) => (done = resolve))
await page.exposeFunction('told', (line, id) => {
  console.log(line)
  if (id === last) done()
})
await page.evaluate(async (token) => {
  const headers = { Authorization: `Bearer ${token}` }
  const { ticket } = await (await fetch('/v1/stream/tickets', { method: 'POST', headers })).json()
  const source = new EventSource(`/v1/stream?after=0&named=false&ticket=${ticket}`)
  let opened = 0
  source.onopen = () => (opened++ ? told('again') : undefined)
  source.onmessage = ({ lastEventId, data }) => told(`${lastEventId} ${data}`, lastEventId)
  source.onerror = () => (source.readyState === EventSource.CLOSED ? told('closed') : undefined)
}, token)
await finished
await browser.close()
