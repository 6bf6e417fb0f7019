-- SPDX-License-Identifier: Apache-2.0
-- wrk -s load.lua ADDRESS -- METHOD PATH LINES DEPTH [HEADER...]: each request takes a line of the file LINES at random,
-- as its body (POST, at PATH) or as its target; DEPTH requests are sent at once. A header is "Name: value".
-- The last line of the output is for load.py.
local requests = {}
local depth = 1

function init(args)
  local method, path, lines = args[1], args[2], args[3]
  depth = tonumber(args[4])
  local headers = {}
  for i = 5, #args do
    local name, value = args[i]:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  if method == "POST" then headers["Content-Type"] = "application/json" end
  for line in io.lines(lines) do
    if method == "POST" then
      requests[#requests + 1] = wrk.format(method, path, headers, line)
    else
      requests[#requests + 1] = wrk.format(method, line, headers)
    end
  end
  math.randomseed(os.time())
end

function request()
  if depth == 1 then return requests[math.random(#requests)] end
  local several = {}
  for i = 1, depth do several[i] = requests[math.random(#requests)] end
  return table.concat(several)
end

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    "\n{\"requests\": %d, \"microseconds\": %d, \"p50\": %.0f, \"p99\": %.0f, \"refused\": %d, \"broken\": %d}\n",
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), errors.status,
    errors.connect + errors.read + errors.write + errors.timeout))
end
