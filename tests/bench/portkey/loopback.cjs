// The gateway listens on every address and has no setting for it; a bench stays on loopback.
const net = require('node:net')
const listen = net.Server.prototype.listen
net.Server.prototype.listen = function (options, ...rest) {
  const where = typeof options === 'object' ? options : { port: options }
  return listen.call(this, { ...where, host: '127.0.0.1' }, ...rest.filter((one) => typeof one === 'function'))
}

// On Node 20 its streaming fails as installed: it appends to the headers of fetch's own answer, which
// cannot be changed. A copy can.
const { fetch, Response } = globalThis
globalThis.fetch = async (...request) => {
  const answer = await fetch(...request)
  return new Response(answer.body, {
    status: answer.status,
    statusText: answer.statusText,
    headers: new Headers(answer.headers),
  })
}
