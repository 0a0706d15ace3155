-- wrk script: send each request of a file once, in its order. Signed messages cannot be repeated, and their numbers rise.
-- LOAD names the file: for each request its length in eight digits, then the request as it goes over the wire.
local file = assert(io.open(os.getenv("LOAD"), "rb"))
local last

function request()
  local length = file:read(8)
  if length then last = file:read(tonumber(length)) end
  return last
end

function done(summary, latency)
  local e = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"refused":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    e.status, e.connect + e.read + e.write + e.timeout))
end
