"""What every room shares: faces, stamps, errors, files, and the orders of emotions, blendshapes and landmarks."""
