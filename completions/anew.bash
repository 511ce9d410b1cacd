# bash completion of anew; made by 'anew completion bash'
_anew() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} options word
    if [ "$current" = '=' ]; then
        current=
    elif [ "$previous" = '=' ]; then
        previous=${COMP_WORDS[COMP_CWORD-2]}
    fi
    COMPREPLY=()
    case $previous in
    --output | -o)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --scale | -s)
        return
        ;;
    --width)
        return
        ;;
    --height)
        return
        ;;
    --model | -m)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --denoise)
        return
        ;;
    --upscale)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --strength)
        return
        ;;
    --passes)
        mapfile -t COMPREPLY < <(compgen -W 'auto' -- "$current")
        return
        ;;
    --restore)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --restore-strength)
        return
        ;;
    --order)
        mapfile -t COMPREPLY < <(compgen -W 'restore-first upscale-first' -- "$current")
        return
        ;;
    --shrink-first)
        return
        ;;
    --format)
        mapfile -t COMPREPLY < <(compgen -W 'png jpeg pnm webp' -- "$current")
        return
        ;;
    --quality | -q)
        return
        ;;
    --chroma)
        mapfile -t COMPREPLY < <(compgen -W 'auto 444 420' -- "$current")
        return
        ;;
    --list)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --threads | -t)
        return
        ;;
    --jobs | -j)
        mapfile -t COMPREPLY < <(compgen -W 'auto' -- "$current")
        return
        ;;
    --affinity)
        mapfile -t COMPREPLY < <(compgen -W 'none auto' -- "$current")
        return
        ;;
    --precision)
        mapfile -t COMPREPLY < <(compgen -W 'f32 bf16 int8 auto' -- "$current")
        return
        ;;
    --memory)
        return
        ;;
    --strip-width)
        return
        ;;
    --band)
        return
        ;;
    --face-model)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --face-strength)
        return
        ;;
    --face-fidelity)
        return
        ;;
    --face-guard)
        mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$current")
        return
        ;;
    --detector)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --face-confidence)
        return
        ;;
    --face-min-size)
        return
        ;;
    --face-scales)
        mapfile -t COMPREPLY < <(compgen -W 'own all' -- "$current")
        return
        ;;
    --size)
        return
        ;;
    --dump-activations)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --plan)
        mapfile -t COMPREPLY < <(compgen -W 'full nofuse ref' -- "$current")
        return
        ;;
    --max-pixels)
        return
        ;;
    completion)
        mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current")
        return
        ;;
    esac
    options='--output --scale --width --height --model --denoise --upscale --strength --passes --restore --restore-strength --order --shrink-first --format --quality --chroma --lossless --strip --force --skip-existing --recursive --list --dry-run --threads --jobs --affinity --exact --precision --fast --memory --strip-width --band --faces --face-model --face-strength --face-fidelity --face-guard --detector --face-confidence --face-min-size --face-scales --plan --max-pixels --profile --verbose --json --quiet --help --version'
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
        info)
            options=' --denoise --max-pixels --json --help --version'
            ;;
        models)
            options=' --json --help --version'
            ;;
        explain)
            options=' --scale --width --height --model --denoise --threads --affinity --exact --precision --fast --memory --strip-width --band --size --dump-activations --plan --json --help --version'
            ;;
        compare)
            options=' --max-pixels --json --help --version'
            ;;
        look)
            options=' --max-pixels --json --help --version'
            ;;
        faces)
            options=' --threads --exact --precision --fast --memory --band --detector --face-confidence --face-min-size --face-scales --plan --max-pixels --json --help --version'
            ;;
        completion)
            options=' --help --version'
            ;;
        manual)
            options=' --help --version'
            ;;
        esac
    done
    case $current in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current") ;;
    *)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        [ "$COMP_CWORD" -gt 1 ] || mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W 'info models explain compare look faces completion manual' -- "$current")
        ;;
    esac
}
complete -o filenames -F _anew anew
