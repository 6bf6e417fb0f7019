# SPDX-License-Identifier: Apache-2.0
# Sourced by the scripts that run a server.

# listening_port PID prints the port on which that process itself listens, if it does.
listening_port() {
  local sockets
  sockets="$(readlink /proc/"$1"/fd/* 2>/dev/null | sed -n 's/^socket:\[\([0-9]*\)\]$/\1/p' | tr '\n' ' ')"
  cat /proc/"$1"/net/tcp /proc/"$1"/net/tcp6 2>/dev/null |
    awk -v sockets=" $sockets" '$4 == "0A" && index(sockets, " " $10 " ") { sub(/.*:/, "", $2); print $2; exit }' |
    while read -r hex; do echo $((16#$hex)); done
}

# wait_for_port PID prints the port once the process listens; 1 if it has ended or does not listen within 30 s.
wait_for_port() {
  local port
  for _ in $(seq 300); do
    port="$(listening_port "$1" || true)"
    if [ -n "$port" ]; then
      echo "$port"
      return 0
    fi
    kill -0 "$1" 2>/dev/null || return 1
    sleep 0.1
  done
  return 1
}
