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
    --fit)
        return
        ;;
    --megapixels)
        return
        ;;
    --print)
        return
        ;;
    --dpi)
        return
        ;;
    --resample)
        mapfile -t COMPREPLY < <(compgen -W 'lanczos3 mitchell cubic area' -- "$current")
        return
        ;;
    --model | -m)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --denoise)
        return
        ;;
    --crisp)
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
    --noise-level)
        mapfile -t COMPREPLY < <(compgen -W 'auto' -- "$current")
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
        mapfile -t COMPREPLY < <(compgen -W 'png jpeg pnm webp tiff avif jxl gif' -- "$current")
        return
        ;;
    --frame)
        return
        ;;
    --quality | -q)
        return
        ;;
    --chroma)
        mapfile -t COMPREPLY < <(compgen -W 'auto 444 420' -- "$current")
        return
        ;;
    --png-compression)
        return
        ;;
    --max-bytes)
        return
        ;;
    --icc)
        mapfile -t COMPREPLY < <(compgen -W 'keep drop' -- "$current")
        return
        ;;
    --list)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --shard)
        mapfile -t COMPREPLY < <(compgen -W 'auto' -- "$current")
        return
        ;;
    --journal)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --retry)
        return
        ;;
    --report)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --socket)
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
        mapfile -t COMPREPLY < <(compgen -W 'f32 tf32 bf16 int8 auto' -- "$current")
        return
        ;;
    --memory)
        return
        ;;
    --device)
        mapfile -t COMPREPLY < <(compgen -W 'cpu cuda' -- "$current")
        return
        ;;
    --device-memory)
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
    --face-parser)
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
    --face-list)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --face-exclude)
        return
        ;;
    --face-max-size)
        return
        ;;
    --save-crops)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --draw-faces)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
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
    --raw)
        return
        ;;
    --matrix)
        mapfile -t COMPREPLY < <(compgen -W 'auto 601 709 2020' -- "$current")
        return
        ;;
    --deflicker)
        return
        ;;
    --part)
        return
        ;;
    --crf)
        return
        ;;
    --size)
        return
        ;;
    --dump-activations)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --scratches)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --scratch-mask)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --erase)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --colour-lock)
        return
        ;;
    --guard)
        return
        ;;
    --sharpen)
        return
        ;;
    --grain)
        return
        ;;
    --grain-seed)
        return
        ;;
    --white-balance)
        mapfile -t COMPREPLY < <(compgen -W 'none auto' -- "$current")
        return
        ;;
    --restore-tone)
        return
        ;;
    --levels)
        return
        ;;
    --contrast)
        return
        ;;
    --saturation)
        return
        ;;
    --sheet)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --difference)
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
    --from)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    --license-policy)
        mapfile -t COMPREPLY < <(compgen -W 'any commercial' -- "$current")
        return
        ;;
    --preset)
        mapfile -t COMPREPLY < <(compgen -W 'photo portrait old-photo product art screenshot web print' -- "$current")
        return
        ;;
    --save-preset)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        return
        ;;
    completion)
        mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- "$current")
        return
        ;;
    esac
    options='--output --scale --width --height --fit --megapixels --print --dpi --resample --linear --model --denoise --crisp --auto --upscale --strength --passes --restore --restore-strength --noise-level --order --shrink-first --format --frame --quality --chroma --lossless --png-compression --max-bytes --strip --icc --to-srgb --no-provenance --force --skip-existing --recursive --list --shard --journal --retry --report --dry-run --threads --jobs --affinity --exact --precision --fast --memory --device --device-memory --strip-width --band --faces --face-model --face-parser --face-strength --face-fidelity --face-guard --face-list --face-exclude --face-max-size --aligned --save-crops --draw-faces --detector --face-confidence --face-min-size --face-scales --scratches --scratch-mask --erase --faithful --colour-lock --guard --sharpen --grain --grain-seed --white-balance --restore-tone --levels --contrast --saturation --plan --max-pixels --profile --verbose --json --quiet --preset --save-preset --no-config --help --version'
    for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $word in
        info)
            options=' --denoise --crisp --max-pixels --json --no-config --help --version'
            ;;
        models)
            options=' --json --remote --no-config --help --version'
            ;;
        get)
            options='--output --force --json --quiet --from --license-policy --no-config --help --version'
            ;;
        explain)
            options=' --scale --width --height --fit --megapixels --print --dpi --resample --linear --model --denoise --crisp --auto --strength --passes --restore --restore-strength --order --shrink-first --threads --affinity --exact --precision --fast --memory --strip-width --band --faces --face-model --face-parser --face-exclude --face-max-size --detector --face-confidence --face-min-size --face-scales --size --dump-activations --scratches --erase --faithful --colour-lock --guard --sharpen --grain --grain-seed --white-balance --restore-tone --levels --contrast --saturation --plan --json --preset --no-config --help --version'
            ;;
        compare)
            options=' --force --threads --sheet --difference --max-pixels --json --no-config --help --version'
            ;;
        look)
            options=' --detector --max-pixels --json --no-config --help --version'
            ;;
        faces)
            options=' --force --threads --exact --precision --fast --memory --device --device-memory --band --draw-faces --detector --face-confidence --face-min-size --face-scales --plan --max-pixels --json --no-config --help --version'
            ;;
        replay)
            options='--output --model --force --threads --memory --max-pixels --quiet --no-config --help --version'
            ;;
        video)
            options=' --scale --width --height --fit --megapixels --resample --linear --model --denoise --crisp --auto --strength --restore --restore-strength --shrink-first --force --threads --affinity --exact --precision --fast --memory --device --device-memory --strip-width --band --raw --matrix --deflicker --resume --part --crf --faithful --colour-lock --guard --sharpen --grain --grain-seed --levels --contrast --saturation --plan --max-pixels --json --quiet --preset --no-config --help --version'
            ;;
        worker)
            options=' --scale --width --height --fit --megapixels --print --dpi --resample --linear --model --denoise --crisp --auto --upscale --strength --passes --restore --restore-strength --noise-level --order --shrink-first --format --frame --quality --chroma --lossless --png-compression --max-bytes --strip --icc --to-srgb --no-provenance --force --socket --threads --jobs --affinity --exact --precision --fast --memory --device --device-memory --strip-width --band --faces --face-model --face-parser --face-strength --face-fidelity --face-guard --face-list --face-exclude --face-max-size --detector --face-confidence --face-min-size --face-scales --scratches --scratch-mask --erase --faithful --colour-lock --guard --sharpen --grain --grain-seed --white-balance --restore-tone --levels --contrast --saturation --plan --max-pixels --json --preset --no-config --help --version'
            ;;
        completion)
            options=' --no-config --help --version'
            ;;
        manual)
            options=' --no-config --help --version'
            ;;
        help)
            options=' --no-config --help --version'
            ;;
        esac
    done
    case $current in
    -*) mapfile -t COMPREPLY < <(compgen -W "$options" -- "$current") ;;
    *)
        mapfile -t COMPREPLY < <(compgen -f -- "$current")
        [ "$COMP_CWORD" -gt 1 ] || mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W 'info models get explain compare look faces replay video worker completion manual help' -- "$current")
        ;;
    esac
}
complete -o filenames -F _anew anew
