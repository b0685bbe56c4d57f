"""What the classes of known land-cover products are made of, as data: one JSON file each.

``classes`` gives for each code of the product a class of ours, or shares of several that sum to 1;
``unknown`` are codes that tell nothing; ``attributes`` are the names under which polygons carry the code.
"""
