#pragma once

#include <vector>

#include "cuts/pixel_grid.hpp"

namespace eigenprop {

/// Exchange of the image lines next to a rank's own. Messages are of whole lines, as they lie in
/// memory, and may come from several ranks where shares are smaller than the halo.
class LineHalo {
 public:
  /// `above`, `below`: lines that a rank needs beyond its own. `comm` must outlive the object; null
  /// for an image that is on one rank.
  LineHalo(const PixelGrid& grid, std::int64_t above, std::int64_t below, const Communicator* comm);

  /// Lines that exist above (below) the own ones, at most as many as asked for; none for a rank
  /// without lines.
  LineRange above() const { return above_; }
  LineRange below() const { return below_; }

  /// Starts sending own lines, and receiving those above into `above` and below into `below`; each
  /// line has `length` elements. Until finish(), none of the three may be touched, except that
  /// `own` may be read.
  template <class T>
  void start(const T* own, T* above, T* below, std::int64_t length);
  void finish();

 private:
  struct Message {
    int rank;
    LineRange lines;
    bool above;
  };
  const Communicator* comm_;
  LineRange own_, above_, below_;
  std::vector<Message> sent_, received_;
  std::vector<MPI_Request> requests_;
};

}  // namespace eigenprop
