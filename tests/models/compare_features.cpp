#include <fstream>

#include "graph/execution.hpp"
#include "models/network.hpp"
#include "models/trunks.hpp"
#include "runtime/session.hpp"
#include "storage/checkpoint.hpp"

// compare_features TRUNK CUT CHECKPOINT INPUT HEIGHT WIDTH OUTPUT: reads the raw floats (1, HEIGHT,
// WIDTH, 3) of INPUT, and writes those of layer CUT to OUTPUT; an empty CUT: the trunk's end.
int main(int argc, char** argv) {
  return eigenprop::run_main(argc, argv, [&](eigenprop::Session& session) {
    using namespace eigenprop;
    require(argc == 8, "usage: compare_features TRUNK CUT CHECKPOINT INPUT HEIGHT WIDTH OUTPUT");
    Graph graph;
    const auto image = graph.input("image", Precision::f32);
    const auto layers = trunk_layers(argv[1], argv[2]);
    const auto maps = add_layers(graph, layers, {image, 3});
    graph.name_output("features", maps.at(layers.back().name).value);
    const auto checkpoint = read_checkpoint(argv[3], session.world());
    const auto imported = load_matching_parameters(checkpoint.parameters, graph.parameters());
    require(imported.missing.empty() && imported.misfits.empty(),
            "'" + std::string(argv[3]) + "'" + imported.remainder());
    const Shape shape = {1, std::stoll(argv[5]), std::stoll(argv[6]), 3};
    std::vector<float> pixels(static_cast<std::size_t>(shape.size()));
    std::ifstream input(argv[4], std::ios::binary);
    input.read(reinterpret_cast<char*>(pixels.data()),
               static_cast<std::streamsize>(pixels.size() * sizeof(float)));
    require(input.good(), "'" + std::string(argv[4]) + "' is too short");
    auto& execution = graph.plan({{shape, Precision::f32}}, Mode::inference);
    from_host(execution.input(0).as<float>(), pixels);
    execution.forward({});
    const auto features = to_host(execution.value(graph.output("features")).as<float>());
    std::ofstream(argv[7], std::ios::binary)
        .write(reinterpret_cast<const char*>(features.data()),
               static_cast<std::streamsize>(features.size() * sizeof(float)));
    return ExitStatus::success;
  });
}
