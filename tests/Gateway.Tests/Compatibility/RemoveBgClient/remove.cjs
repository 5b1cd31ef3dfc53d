// Usage: node --require ./redirect.cjs remove.cjs PHOTO|URL OUTPUT KEY FILE|BASE64|URL [OPTIONS as JSON]
// Prints what the client resolved or rejected with.
const fs = require('fs')
const { removeBackgroundFromImageFile, removeBackgroundFromImageBase64, removeBackgroundFromImageUrl } = require('remove.bg')

const [photo, outputFile, apiKey, way, options = '{}'] = process.argv.slice(2)
const wishes = { apiKey, outputFile, ...JSON.parse(options) }
const result = way === 'FILE'
  ? removeBackgroundFromImageFile({ path: photo, ...wishes })
  : way === 'URL' ? removeBackgroundFromImageUrl({ url: photo, ...wishes })
  : removeBackgroundFromImageBase64({ base64img: fs.readFileSync(photo, 'base64'), ...wishes })
result.then(
  resolved => console.log(JSON.stringify({ resolved: { ...resolved, base64img: undefined } })),
  rejected => console.log(JSON.stringify({ rejected })))
