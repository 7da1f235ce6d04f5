// The floor of the dense suite: a 16-4-1 net (ReLU, sigmoid output, cross-entropy), full batch, plain gradient descent,
// for many members at once. Members are the innermost axis, so that a vector instruction serves 16 of them; a group of
// 16 stays in the first-level cache for all its steps. It does what every other case does, loss and accuracy included.
//
// weights: (73, members), in the order w1[unit][pixel], b1[unit], w2[unit], b2. x: (examples, 16). y: (examples).

#include <algorithm>
#include <cmath>
#include <thread>
#include <vector>

constexpr int LANES = 16, PIXELS = 16, UNITS = 4, WEIGHTS = UNITS * PIXELS + 2 * UNITS + 1, MOST = 64;
constexpr int B1 = UNITS * PIXELS, W2 = B1 + UNITS, B2 = W2 + UNITS;

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float))));

struct Group {
    Lanes weight[WEIGHTS], hidden[MOST][UNITS], error[MOST], loss, right;
};

static void forward(Group &g, const float *x, const float *y, int examples) {
    g.loss = g.right = Lanes{};
    for (int e = 0; e < examples; e++) {
        Lanes score = g.weight[B2];
        for (int u = 0; u < UNITS; u++) {
            Lanes sum = g.weight[B1 + u];
            for (int i = 0; i < PIXELS; i++) sum += g.weight[u * PIXELS + i] * x[e * PIXELS + i];
            g.hidden[e][u] = sum > 0.0f ? sum : Lanes{};
            score += g.weight[W2 + u] * g.hidden[e][u];
        }
        alignas(64) float z[LANES], p[LANES], loss[LANES], right[LANES];
        for (int l = 0; l < LANES; l++) z[l] = score[l];
        for (int l = 0; l < LANES; l++) {
            float tail = std::exp(-std::fabs(z[l]));
            p[l] = (z[l] > 0 ? 1.0f : tail) / (1.0f + tail);
            loss[l] = std::max(z[l], 0.0f) - y[e] * z[l] + std::log(1.0f + tail);
            right[l] = (z[l] > 0) == (y[e] > 0.5f) ? 1.0f : 0.0f;
        }
        for (int l = 0; l < LANES; l++) {
            g.error[e][l] = (p[l] - y[e]) / examples;
            g.loss[l] += loss[l] / examples;
            g.right[l] += right[l] / examples;
        }
    }
}

static void update(Group &g, const float *x, int examples, float rate) {
    Lanes b2 = Lanes{};
    for (int e = 0; e < examples; e++) b2 += g.error[e];
    for (int u = 0; u < UNITS; u++) {
        Lanes w1[PIXELS] = {}, b1 = Lanes{}, w2 = Lanes{};
        for (int e = 0; e < examples; e++) {
            w2 += g.error[e] * g.hidden[e][u];
            Lanes upstream = g.hidden[e][u] > 0.0f ? g.error[e] * g.weight[W2 + u] : Lanes{};
            b1 += upstream;
            for (int i = 0; i < PIXELS; i++) w1[i] += upstream * x[e * PIXELS + i];
        }
        for (int i = 0; i < PIXELS; i++) g.weight[u * PIXELS + i] -= rate * w1[i];
        g.weight[B1 + u] -= rate * b1;
        g.weight[W2 + u] -= rate * w2;
    }
    g.weight[B2] -= rate * b2;
}

extern "C" void train(float *weights, const float *x, const float *y, int members, int examples, int steps, float rate,
                      int threads, float *loss, float *accuracy) {
    auto some = [=](int first) {
        Group g;
        for (int m = first * LANES; m < members; m += threads * LANES) {
            for (int k = 0; k < WEIGHTS; k++)
                for (int l = 0; l < LANES; l++) g.weight[k][l] = weights[k * members + m + l];
            for (int s = 0; s < steps; s++) {
                forward(g, x, y, examples);
                update(g, x, examples, rate);
            }
            for (int k = 0; k < WEIGHTS; k++)
                for (int l = 0; l < LANES; l++) weights[k * members + m + l] = g.weight[k][l];
            for (int l = 0; l < LANES; l++) loss[m + l] = g.loss[l], accuracy[m + l] = g.right[l];
        }
    };
    std::vector<std::thread> others;
    for (int t = 1; t < threads; t++) others.emplace_back(some, t);
    some(0);
    for (auto &other : others) other.join();
}
