// Usage: node --require ./redirect.cjs samples.cjs axios|fetch|removebg-wrapper PHOTO KEY
// The samples of remove.bg's documentation with another address, and one more client. Writes no-bg.png or output.png to the working directory.
const fs = require('fs')

const [client, photo, apiKey] = process.argv.slice(2)
const url = new URL('/v1.0/removebg', process.env.GATEWAY).href

const samples = {
  async axios () {
    const axios = require('axios')
    const FormData = require('form-data')
    const form = new FormData()
    form.append('size', 'auto')
    form.append('image_file', fs.createReadStream(photo), 'photo.jpg')
    const response = await axios({ method: 'post', url, data: form, responseType: 'arraybuffer', headers: { ...form.getHeaders(), 'X-Api-Key': apiKey }, encoding: null })
    fs.writeFileSync('no-bg.png', response.data)
  },
  async fetch () {
    const form = new FormData()
    form.append('size', 'auto')
    form.append('image_file', new Blob([fs.readFileSync(photo)]))
    const response = await fetch(url, { method: 'POST', headers: { 'X-Api-Key': apiKey }, body: form })
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
    fs.writeFileSync('no-bg.png', Buffer.from(await response.arrayBuffer()))
  },
  'removebg-wrapper': () => require('removebg-wrapper').rbFromImageFile(photo, apiKey),
}
samples[client]()
