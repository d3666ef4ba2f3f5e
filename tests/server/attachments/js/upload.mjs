// Uploads a file with tus-js-client: node upload.mjs ENDPOINT TOKEN SHA256 FILE CHUNK_BYTES
// With a known address of the upload as the sixth argument it resumes; with "stop" it stops
// after two pieces. Prints the address.
import { readFileSync } from 'node:fs'
import { Upload } from 'tus-js-client'

const [endpoint, token, sha256, file, chunkBytes, how] = process.argv.slice(2)
let pieces = 0

const upload = new Upload(readFileSync(file), {
  endpoint,
  uploadUrl: how && how !== 'stop' ? how : null,
  chunkSize: Number(chunkBytes),
  retryDelays: Array(200).fill(10),
  headers: { Authorization: `Bearer ${token}` },
  metadata: { sha256, filename: '../../evil.html' },
  storeFingerprintForResuming: false,
  onChunkComplete() {
    pieces += 1
    if (how === 'stop' && pieces === 2) {
      console.log(upload.url)
      upload.abort().then(() => process.exit(0))
    }
  },
  onError(error) {
    console.error(String(error))
    process.exit(1)
  },
  onSuccess() {
    console.log(upload.url)
  },
})
upload.start()
