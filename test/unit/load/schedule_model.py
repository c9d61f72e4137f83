"""The first due times of seed 1 at 1,000 a second, written down from the definitions: SplitMix64, von Neumann's exponential
numbers, sums in 2^-32 of a gap. What schedule_test.cpp expects."""
MASK = 2**64 - 1


def split_mix(seed):
    while True:
        seed = (seed + 0x9E3779B97F4A7C15) & MASK
        z = seed
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        yield z ^ z >> 31


def exponential(uniform):
    whole = 0
    while True:
        run = [next(uniform)]
        while (one := next(uniform)) < run[-1]:
            run.append(one)
        if len(run) % 2 == 1:
            return whole * 2**32 + (run[0] >> 32)
        whole += 1


uniform, gone = split_mix(1), 0
for _ in range(8):
    gone += exponential(uniform)
    print(gone * 10**15 // (1000 * 10**6) >> 32)
