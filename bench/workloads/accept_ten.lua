-- Ten new URLs in each request.
local n = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
function request()
  local items = {}
  for i = 1, 10 do
    n = n + 1
    items[i] = '"http://127.0.0.1:1/' .. n .. '"'
  end
  return wrk.format(nil, nil, nil, '{"notebook":1,"items":[' .. table.concat(items, ",") .. "]}")
end
