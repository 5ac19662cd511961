# Reads the logs of cargo test, Vitest and Playwright and prints what was skipped and the sums, as its last line
# 'N passed, N failed, N skipped'. Fails if a test failed, or none ran.
#
# A test of ours that lacks what it needs prints 'skipped: <its name>: needs <what>' and returns; cargo calls that 'ok'.

# cargo: test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; …
/^test result: / {
  gsub(/;/, "")
  for (i = 1; i < NF; i++) if ($(i + 1) ~ /^(passed|failed|ignored)$/) sum[$(i + 1)] += $i
}
/^test .* \.\.\. ignored/ { names[$2 ": ignored"] = 1 }

# ours
match($0, /skipped: [^ :]+: needs /) {
  name = substr($0, RSTART + 9)
  if (!(name in names)) { names[name] = 1; own++ }
}

# Vitest: "      Tests  1 failed | 4 passed | 1 skipped (6)"
/^ *Tests +[0-9]/ {
  for (i = 2; i < NF; i++) if ($(i + 1) ~ /^(passed|failed|skipped|todo)$/) web[$(i + 1)] += $i
}

# Playwright: "  2 passed (5.2s)", "  1 flaky" (passed in the end), "  3 did not run"
/^ +[0-9]+ (passed|failed|skipped|flaky|did not run|interrupted)( \([0-9.]+m?s\))?$/ {
  web[$2] += $1
}

END {
  web_skipped = web["skipped"] + web["todo"] + web["did"]
  passed = sum["passed"] - own + web["passed"] + web["flaky"]
  failed = sum["failed"] + web["failed"] + web["interrupted"]
  skipped = sum["ignored"] + own + web_skipped
  if (skipped) print "skipped:"
  for (name in names) print "  " name
  if (web_skipped) print "  " web_skipped " in the web app, which its logs name"
  printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped
  if (failed || !passed) exit 1
}
