# shellcheck shell=bash
# Shared by the other scripts: the groups of repositories, and outputs of a step.

# Built on every miss, in a few seconds.
quick=${SMOKE_QUICK-bookshop requests pytest}
# Built by the nightly run. A pull request that misses them skips their tests.
slow=${SMOKE_SLOW-locagent scikit-learn matplotlib django}

# Sets `repos` to the repositories of a group.
group() {
    case $1 in
        quick) read -ra repos <<<"$quick" ;;
        slow) read -ra repos <<<"$slow" ;;
        both) read -ra repos <<<"$quick $slow" ;;
        *)
            echo "error: no group is called $1" >&2
            return 2
            ;;
    esac
}

# Sets an output of the step. Outside of GitHub it is printed.
output() {
    local target=${GITHUB_OUTPUT:-/dev/stdout}
    case $2 in
        *$'\n'*) printf '%s<<END-OF-OUTPUT\n%s\nEND-OF-OUTPUT\n' "$1" "$2" >>"$target" ;;
        *) printf '%s=%s\n' "$1" "$2" >>"$target" ;;
    esac
}

# Prints the folder of each repository of a group, one per line.
folders() {
    local repo
    group "$2"
    for repo in ${repos[@]+"${repos[@]}"}; do
        printf '%s/%s\n' "$1" "$repo"
    done
}

# Writes the report of the last runs of the tests to the summary of the job.
summary() { cargo smoke-cache report --last "$1" --markdown >>"${GITHUB_STEP_SUMMARY:-/dev/stdout}"; }
