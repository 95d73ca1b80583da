#!/usr/bin/env bash
# Builds what the caches lack, and decides what is saved. Outputs `save-quick` and `save-slow`: `true` if the cache of
# the group is to be saved, and `tests`: `failed` if a test over a new artifact failed.
#
# QUICK_HIT and SLOW_HIT are the outputs `cache-hit` of the steps that restored the groups. Without a hit, what was
# restored is an older cache: where one repository of a group has changed, the others are not built again.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

declare -A hits=([quick]=${QUICK_HIT?} [slow]=${SLOW_HIT?})
tests=passed
built=false
for name in quick slow; do
    group "$name"
    if [ ${#repos[@]} -eq 0 ] || [ "${hits[$name]}" = true ]; then
        echo "the cache of the group $name has the key: nothing to build"
        output "save-$name" false
        continue
    fi
    cargo smoke-cache populate "${repos[@]}"
    # This also marks as used the artifacts of the older cache that the tests still want.
    if ! REQUIRE_HITS=true .github/scripts/smoke-test.sh "$name"; then
        # Pull requests can use the artifacts whatever the tests find in them, so the job fails after it has saved them.
        echo "::error title=Smoke tests::those over the $name repositories failed; their artifacts are saved anyway"
        tests=failed
    fi
    output "save-$name" true
    built=true
done
output tests "$tests"
if [ "$built" = true ]; then
    # The tests used what they want a moment ago; the older cache is a day old.
    cargo smoke-cache gc --max-age 12h
    cargo smoke-cache verify
    summary 4
fi
