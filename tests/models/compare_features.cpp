#include <fstream>

#include "graph/execution.hpp"
#include "models/network.hpp"
#include "models/trunks.hpp"
#include "runtime/session.hpp"
#include "storage/checkpoint.hpp"

// compare_features ALEXNET_CHECKPOINT VGG16_CHECKPOINT FOLDER: reads FOLDER/<network>_input.bin
// (1, 96, 131, 3) and writes FOLDER/<network>_features.bin, both raw floats.
int main(int argc, char** argv) {
  return eigenprop::run_main(argc, argv, [&](eigenprop::Session& session) {
    using namespace eigenprop;
    require(argc == 4, "usage: compare_features ALEXNET VGG16 FOLDER");
    const std::string folder = argv[3];
    const char* networks[] = {"alexnet", "vgg16"};
    for (int n = 0; n < 2; ++n) {
      const std::string name = networks[n];
      Graph graph;
      const auto image = graph.input("image", Precision::f32);
      const auto layers = trunk_layers(name, "");
      const auto maps = add_layers(graph, layers, {image, 3});
      graph.name_output("features", maps.at(layers.back().name).value);
      load_parameters(read_checkpoint(argv[1 + n], session.world()).parameters, graph.parameters(),
                      argv[1 + n]);
      const Shape shape = {1, 96, 131, 3};
      std::vector<float> pixels(static_cast<std::size_t>(shape.size()));
      std::ifstream(folder + "/" + name + "_input.bin", std::ios::binary)
          .read(reinterpret_cast<char*>(pixels.data()),
                static_cast<std::streamsize>(pixels.size() * sizeof(float)));
      auto& execution = graph.plan({{shape, Precision::f32}}, Mode::inference);
      from_host(execution.input(0).as<float>(), pixels);
      execution.forward({});
      const auto features = to_host(execution.value(graph.output("features")).as<float>());
      std::ofstream(folder + "/" + name + "_features.bin", std::ios::binary)
          .write(reinterpret_cast<const char*>(features.data()),
                 static_cast<std::streamsize>(features.size() * sizeof(float)));
    }
    return ExitStatus::success;
  });
}
