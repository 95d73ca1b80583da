#!/usr/bin/env bash
# The smoke tests of a pull request or a push: both groups over the restored caches, and the summary. Saves nothing.
#
# EVENT is the name of GitHub's event; QUICK_HIT and SLOW_HIT are the outputs `cache-hit` of the steps that restored the
# groups: `true` if the cache has exactly the key.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source .github/scripts/common.sh

status=0
REQUIRE_HITS=${QUICK_HIT?} .github/scripts/smoke-test.sh quick || status=$?
# Also after a failure: the second group covers other repositories. Slow artifacts are not built for a pull request.
on_miss=build
[ "${EVENT:?}" != pull_request ] || on_miss=skip
REQUIRE_HITS=${SLOW_HIT?} SMOKE_ON_MISS=$on_miss .github/scripts/smoke-test.sh slow || status=$?
summary 2
exit "$status"
