#pragma once

#include <petscksp.h>
#include <slepceps.h>
#include <slepcsvd.h>

#include <type_traits>
#include <utility>

#include "runtime/error.hpp"

namespace eigenprop {

static_assert(std::is_same_v<PetscScalar, double>,
              "eigenprop needs a PETSc with real numbers in double precision");

/// Owner of a PETSc or SLEPc object; move-only. Use through the aliases below.
template <class Object, PetscErrorCode (*Destroy)(Object*)>
class PetscHandle {
 public:
  PetscHandle() = default;
  ~PetscHandle() {
    if (object_) Destroy(&object_);
  }
  PetscHandle(PetscHandle&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  PetscHandle& operator=(PetscHandle&& other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  PetscHandle(const PetscHandle&) = delete;
  PetscHandle& operator=(const PetscHandle&) = delete;

  Object get() const { return object_; }
  /// For functions that create the object.
  Object* address() { return &object_; }

 private:
  Object object_ = nullptr;
};

using MatHandle = PetscHandle<Mat, MatDestroy>;
using VecHandle = PetscHandle<Vec, VecDestroy>;
using KspHandle = PetscHandle<KSP, KSPDestroy>;
using EpsHandle = PetscHandle<EPS, EPSDestroy>;
using SvdHandle = PetscHandle<SVD, SVDDestroy>;

}  // namespace eigenprop
