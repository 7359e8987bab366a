#include "data/gather.hpp"

#include <climits>
#include <cstring>
#include <utility>

#include "runtime/error.hpp"
#include "runtime/index.hpp"
#include "runtime/message_count.hpp"

namespace eigenprop {
namespace {

// One image as 32-bit numbers: name, size, each label map, and the bits of its contours in float.
void pack(const SegmentedImage& image, std::vector<std::int32_t>& out) {
  out.push_back(static_cast<std::int32_t>(image.name.size()));
  out.insert(out.end(), image.name.begin(), image.name.end());
  out.push_back(image.image.height);
  out.push_back(image.image.width);
  out.push_back(static_cast<std::int32_t>(image.segmentations.size()));
  for (const auto& map : image.segmentations) {
    out.push_back(map.segments);
    out.insert(out.end(), map.labels.begin(), map.labels.end());
  }
  out.push_back(image.contours.values.empty() ? 0 : 1);
  for (const double value : image.contours.values) {
    const auto single = static_cast<float>(value);
    std::memcpy(&out.emplace_back(), &single, sizeof single);
  }
}

SegmentedImage unpack(const std::int32_t*& in) {
  SegmentedImage image;
  const auto length = *in++;
  for (int i = 0; i < length; ++i) image.name.push_back(static_cast<char>(*in++));
  image.image.height = *in++;
  image.image.width = *in++;
  const auto count = *in++;
  for (int s = 0; s < count; ++s) {
    LabelMap map{image.image.height, image.image.width, *in++, {}};
    const std::int64_t pixels = std::int64_t{map.height} * map.width;
    map.labels.assign(in, in + pixels);
    in += pixels;
    image.segmentations.push_back(std::move(map));
  }
  if (*in++ == 1) {
    image.contours = {image.image.height, image.image.width, {}};
    const auto places = std::int64_t{image.contours.rows()} * image.contours.columns();
    for (std::int64_t i = 0; i < places; ++i) {
      float single = 0;
      std::memcpy(&single, in++, sizeof single);
      image.contours.values.push_back(single);
    }
  }
  return image;
}

// Images of a rank that wait for others' at a time.
constexpr std::size_t most_waiting = 2;

}  // namespace

/// An image on its way.
struct ImageConveyor::Message {
  std::vector<std::int32_t> packed;
  MPI_Request request = MPI_REQUEST_NULL;
};

ImageConveyor::ImageConveyor(std::int64_t count, const RankGroup& group, const Communicator& comm,
                             Take take)
    : count_(count), comm_(comm), take_(std::move(take)) {
  const auto numbers = comm.gather_all(std::int64_t{group.number()});
  for (int rank = 0; rank < comm.size(); ++rank) {
    // Groups are ranks in their order.
    if (rank == 0 || numbers[index(rank)] != numbers[index(rank - 1)]) roots_.push_back(rank);
  }
}

ImageConveyor::~ImageConveyor() {
  // Left before finish() by an error, which ends the program: the buffers must outlive their sends.
  for (auto& message : sent_) {
    if (message->request != MPI_REQUEST_NULL) (void)message.release();
  }
}

void ImageConveyor::give(SegmentedImage image) {
  if (comm_.is_root()) {
    own_.push_back(std::move(image));
    advance(false);
    return;
  }
  auto message = std::make_unique<Message>();
  pack(image, message->packed);
  const auto size = message->packed.size();
  require(size <= INT_MAX, "image '" + image.name + "' is too large for one message");
  check_mpi(MPI_Isend(message->packed.data(), static_cast<int>(size), MPI_INT32_T, 0, 0,
                      comm_.get(), &message->request));
  sent_.push_back(std::move(message));
  while (sent_.size() > most_waiting) {
    check_mpi(MPI_Wait(&sent_.front()->request, MPI_STATUS_IGNORE));
    sent_.pop_front();
  }
}

void ImageConveyor::finish() {
  if (comm_.is_root()) advance(true);
  for (; !sent_.empty(); sent_.pop_front())
    check_mpi(MPI_Wait(&sent_.front()->request, MPI_STATUS_IGNORE));
}

// Takes what is there, and waits for what others still make where too many own images wait for it,
// or, in the end, for all.
void ImageConveyor::advance(bool all) {
  for (; next_ < count_; ++next_) {
    const int rank = roots_[index(next_ % static_cast<std::int64_t>(roots_.size()))];
    if (rank == comm_.rank()) {
      if (own_.empty()) return;
      take_(own_.front());
      own_.pop_front();
      continue;
    }
    int there = 0;
    check_mpi(MPI_Iprobe(rank, 0, comm_.get(), &there, MPI_STATUS_IGNORE));
    if (!there && !all && own_.size() <= most_waiting) return;
    take_(receive(rank));
  }
}

SegmentedImage ImageConveyor::receive(int rank) const {
  MPI_Status status;
  int size = 0;
  check_mpi(MPI_Probe(rank, 0, comm_.get(), &status));
  check_mpi(MPI_Get_count(&status, MPI_INT32_T, &size));
  std::vector<std::int32_t> packed(index(size));
  check_mpi(MPI_Recv(packed.data(), size, MPI_INT32_T, rank, 0, comm_.get(), MPI_STATUS_IGNORE));
  const std::int32_t* in = packed.data();
  return unpack(in);
}

std::vector<std::vector<float>> gather_to_root(const std::vector<std::vector<float>>& own,
                                               const Communicator& comm) {
  const auto counts = comm.gather_all(static_cast<std::int64_t>(own.size()));
  if (!comm.is_root()) {
    for (const auto& list : own) {
      check_mpi(MPI_Send(list.data(), message_count(static_cast<std::int64_t>(list.size())),
                         MPI_FLOAT, 0, 0, comm.get()));
    }
    return {};
  }
  auto all = own;
  for (int rank = 1; rank < comm.size(); ++rank) {
    for (std::int64_t i = 0; i < counts[static_cast<std::size_t>(rank)]; ++i) {
      MPI_Status status;
      int size = 0;
      check_mpi(MPI_Probe(rank, 0, comm.get(), &status));
      check_mpi(MPI_Get_count(&status, MPI_FLOAT, &size));
      std::vector<float> list(static_cast<std::size_t>(size));
      check_mpi(MPI_Recv(list.data(), size, MPI_FLOAT, rank, 0, comm.get(), MPI_STATUS_IGNORE));
      all.push_back(std::move(list));
    }
  }
  return all;
}

}  // namespace eigenprop
